"""Explorer and evidence panel as one thing to look at: live in a notebook, static wherever nothing runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import ipywidgets

from workbench.engine import open_engine
from workbench.errors import WorkbenchError
from workbench.evidence import Evidence, trace
from workbench.findings import Findings
from workbench.snapshot import Snapshot
from workbench.widgets.explorer import FindingsExplorer, explorer_html
from workbench.widgets.panel import EvidencePanel, panel_html, panel_view
from workbench.widgets.store import Store, View

NAMES = {"customer_id": "customers", "entity_id": "entities"}


def is_batch() -> bool:
    """Whether notebooks run unattended (WORKBENCH_MODE=batch): then no widget is made and no state is saved."""
    return os.environ.get("WORKBENCH_MODE") == "batch"


class Exploration:
    """A run's findings and the snapshot behind them, to be looked at and followed down to the source rows.

    In a live notebook it shows the explorer beside the evidence panel. Everything else (a batch run, a notebook that
    is not trusted, an exported page) shows the same as static HTML: totals, first rows, the selected finding.
    """

    def __init__(self, findings: Findings, snapshot: Snapshot) -> None:
        self.findings = findings
        self.snapshot = snapshot
        self._engine = open_engine("duckdb", snapshot.folder)
        self.names = {column: self._names(table, column) for column, table in NAMES.items()}
        self.store = Store(findings, self.names["customer_id"], self.names["entity_id"])
        self._controls = {line.control.id: line.control for line in findings.funnel}
        self._selected = ""
        self._view = View()

    def _names(self, table: str, key: str) -> dict[str, str]:
        if not {key, "name"} <= set(self.snapshot.tables.get(table, [])):
            return {}
        rows = self._engine.query(f'select "{key}" as id, name from "{table}" where name is not null')
        return dict(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))

    @property
    def view(self) -> View:
        """What is shown now: the values chosen, the search, the order."""
        return self._view if is_batch() else self.explorer.view

    @property
    def selected(self) -> str:
        """The finding_id that is selected, empty where none is. Assign one to select it."""
        return self._selected

    @selected.setter
    def selected(self, finding_id: str) -> None:
        if finding_id:
            self.findings.row(finding_id)
        self._selected = finding_id
        if not is_batch():
            self.explorer.selected = finding_id

    @property
    def finding(self) -> dict[str, Any] | None:
        """The selected finding as a dict, None where none is selected."""
        return self.findings.row(self._selected) if self._selected else None

    def select_first(self) -> str:
        """Select the first row of what is shown; its finding_id, empty where nothing is shown."""
        first = self.store.page(self.view, 0, 1)
        self.selected = first[0]["finding_id"] if first else ""
        return self._selected

    @property
    def evidence(self) -> Evidence | None:
        """The selected finding with the source rows behind it, None where none is selected."""
        finding = self.finding
        return trace(self.snapshot, finding, engine=self._engine.cursor()) if finding else None

    def show(
        self,
        *,
        search: str = "",
        sort: str = "severity",
        descending: bool = False,
        suppressed: bool = False,
        **chosen: str | Iterable[str | None] | None,
    ) -> None:
        """Show a part, as by mouse: one value or several for each facet, such as control_id or customer_id.

        Raises UnknownNameError for a facet or a column that is none.
        """
        values = {name: _several(value) for name, value in chosen.items()}
        self._view = View(values, search, sort, descending, suppressed)
        if not is_batch():
            self.explorer.show(self._view)

    @cached_property
    def explorer(self) -> FindingsExplorer:
        """The live explorer; its `selected` drives the panel."""
        explorer = FindingsExplorer(self.store)
        explorer.observe(lambda change: self._follow(change["new"]), names="selected")
        return explorer

    @cached_property
    def panel(self) -> EvidencePanel:
        """The live evidence panel."""
        return EvidencePanel()

    def _follow(self, finding_id: str) -> None:
        self._selected = finding_id
        try:
            evidence = self.evidence
            self.panel.shown = self._panel_view(evidence) if evidence else {}
        except WorkbenchError as problem:
            self.panel.shown = {}
            self.explorer.send({"kind": "problem", "client": None, "text": str(problem)})

    def _panel_view(self, evidence: Evidence) -> dict[str, Any]:
        return panel_view(evidence, self._controls.get(evidence.finding["control_id"]), self.names)

    def static_html(self) -> str:
        """Totals, first rows and the selected finding as escaped HTML without script."""
        evidence = self.evidence
        part = panel_html(self._panel_view(evidence), evidence) if evidence else ""
        return f'<div class="workbench">{explorer_html(self.store, self.view)}{part}</div>'

    @cached_property
    def _both(self) -> ipywidgets.Box:
        layout = ipywidgets.Layout(flex_flow="row wrap", align_items="stretch", width="100%", overflow="visible")
        self.explorer.layout = ipywidgets.Layout(flex="1 1 900px", min_width="0", width="auto", margin="0 8px 8px 0")
        self.panel.layout = ipywidgets.Layout(flex="1 1 420px", min_width="0", width="auto", margin="0 8px 8px 0")
        return ipywidgets.Box([self.explorer, self.panel], layout=layout)

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": self.static_html()}
        if is_batch():
            return bundle
        live: Mapping[str, Any] = self._both._repr_mimebundle_() or {}
        return {**live, **bundle}

    def __repr__(self) -> str:
        return f"{self.store.rows.num_rows:,} candidates, {self.findings.found.num_rows:,} findings"


def explore(findings: Findings, snapshot: Snapshot) -> Exploration:
    """The findings of a run beside the evidence of the one that is selected."""
    return Exploration(findings, snapshot)


def _several(value: str | Iterable[str | None] | None) -> tuple[str | None, ...]:
    return (value,) if value is None or isinstance(value, str) else tuple(value)
