"""A run's findings to be looked at: live in a notebook, static wherever nothing runs, and the same in code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import pyarrow as pa

from workbench.causes import Cause
from workbench.causes import causes as find_causes
from workbench.engine import open_engine
from workbench.errors import WorkbenchError
from workbench.evidence import Evidence, trace
from workbench.findings import Findings
from workbench.language import mark, say
from workbench.language.page import spoken_div
from workbench.markup import html_records
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot
from workbench.widgets.deciding import Batch, Desk, Form, whoever_is_here
from workbench.widgets.features import CauseLike, cause_column, decision_columns, features_of
from workbench.widgets.live import Live
from workbench.widgets.panel import panel_html, panel_view
from workbench.widgets.saved import load_view, save_view
from workbench.widgets.screen import explorer_html
from workbench.widgets.showing import is_batch, publish
from workbench.widgets.store import Store
from workbench.widgets.view import SORT, View, several

# What a decision takes of a finding: a million whole rows would fill the memory.
DECIDED = ["finding_id", "impact_amount", "currency"]
# A notebook that is opened again has no live part any more: its place stays empty, and the table speaks.
TWINS = """<style>
.jp-OutputArea-child:has(.workbench-static):has(+ .jp-OutputArea-child .wbx) { display: none; }
.jp-OutputArea-child:has(.workbench-static) + .jp-OutputArea-child:not(:has(.wbx)) { display: none; }
</style>"""


class Exploration:
    """A run's findings and the snapshot behind them, to be narrowed, followed to the source rows, and decided on.

    In a live notebook it shows the explorer beside the evidence. A batch run, a notebook that is opened again, an
    exported page show the same as static HTML: totals, first rows, the selected finding. `missing` says what the
    snapshot lacks for some facet.
    """

    def __init__(
        self, findings: Findings, snapshot: Snapshot, view: View, causes: Iterable[CauseLike] | None = None,
        decisions: str = "",
    ) -> None:  # fmt: skip
        self.findings, self.snapshot = findings, snapshot
        self.engine = open_engine("duckdb", snapshot.folder)
        features = features_of(findings, snapshot, self.engine)
        self.names, self.missing = features.names, features.missing
        self.store = Store(findings, features)
        self.desk = Desk(snapshot, decisions)
        self.controls = {line.control.id: line.control for line in findings.funnel}
        self.causes = None if causes is None else tuple(causes)
        self.batches: list[Batch] = []
        self._selected = ""
        self._view = view
        self.read_decisions()
        if self.causes is not None:
            self._set_causes(self.causes)
        self.before_view(view)

    @property
    def view(self) -> View:
        """What is shown now: the values chosen, the search, the order, the columns."""
        return self.live.explorer.view if "live" in vars(self) else self._view

    def show(
        self,
        view: View | Mapping[str, Any] | str | None = None,
        *,
        search: str = "",
        sort: str = "",
        descending: bool = False,
        suppressed: bool = False,
        **facets: str | Iterable[str | None] | None,
    ) -> None:
        """Show a part, as by mouse: a view (its JSON, or the name of a saved one), or one value or several per facet.

        Raises UnknownNameError for a facet, a column or a saved view that is none.

        Example:
            >>> investigation.show(control="ACC-03", sort="impact", descending=True)
        """
        if view is None:
            order = ((sort or SORT[0][0], "desc" if descending else "asc"),)
            chosen = {name: several(values) for name, values in facets.items()}
            wanted = View(chosen, search, order, self.view.columns, suppressed)
        else:
            wanted = read_view(view)
        self.before_view(wanted)
        self._view = wanted
        if not is_batch():
            self.live.explorer.show(wanted)

    def before_view(self, view: View) -> None:
        """Work out the causes where a view asks for one; they are not known until somebody does."""
        if view.facets.get("cause") and self.causes is None:
            self.find_causes()

    def find_causes(self, progress: Report = quiet) -> int:
        """Fill the facet of causes from the snapshot; how many there are."""
        progress(say("what findings have in common"), 0, 0)
        found = tuple(find_causes(self.findings, self.snapshot).causes)
        progress(say("what findings have in common"), 1, 1)
        self.causes = found
        self._set_causes(found)
        return len(found)

    def _set_causes(self, found: Iterable[CauseLike]) -> None:
        every = tuple(found)
        column = cause_column(self.store.column("finding_id"), every)
        self.store.set_causes(column, {cause.short: cause.label for cause in every if isinstance(cause, Cause)})

    @property
    def table(self) -> pa.Table:
        """The rows that are shown, in their order, as the findings table has them."""
        return self.store.table(self.view)

    @property
    def marked(self) -> pa.Table:
        """The rows that were marked with the space bar, the boxes, or all at once."""
        return self.live.explorer.marked_rows() if "live" in vars(self) else self.findings.table.slice(0, 0)

    @property
    def code(self) -> str:
        """The Python that shows the same rows."""
        return self.view.code()

    def save(self, name: str) -> None:
        """Save the view under a name in the workspace; show(name) brings it back."""
        save_view(name, self.view)

    def record(self) -> dict[str, Any]:
        """What is shown, as plain JSON for a pack: the view, the snapshot it was taken of, counts and money as text."""
        return {
            "view": self.view.as_json(),
            "snapshot": self.snapshot.fingerprint,
            "rows": len(self.store.order(self.view)),
            "totals": [
                {"currency": line.currency, "findings": line.findings, "at_risk": line.at_risk,
                 "over_billed": f"{line.over:f}", "under_billed": f"{line.under:f}"}
                for line in self.store.totals(self.view)
            ],
        }  # fmt: skip

    @property
    def selected(self) -> str:
        """The finding_id that is open, empty where none is. Assign one to open it."""
        return self._selected

    @selected.setter
    def selected(self, finding_id: str) -> None:
        if finding_id:
            self.store.place(finding_id)
        self._selected = finding_id
        if not is_batch():
            self.live.explorer.selected = finding_id

    def follow(self, finding_id: str) -> None:
        """Note which finding somebody opened."""
        self._selected = finding_id

    @property
    def finding(self) -> dict[str, Any] | None:
        """The open finding as a dict, None where none is."""
        return self.findings.row(self._selected) if self._selected else None

    def select_first(self) -> str:
        """Open the first row of what is shown; its finding_id, empty where nothing is shown."""
        first = self.store.page(self.view, 0, 1)
        self.selected = first[0]["finding_id"] if first else ""
        return self._selected

    @property
    def evidence(self) -> Evidence | None:
        """The open finding with the source rows behind it, None where none is."""
        finding = self.finding
        return trace(self.snapshot, finding, engine=self.engine.cursor()) if finding else None

    def read_decisions(self) -> None:
        """Take over what holds in the decision store."""
        ids = self.store.column("finding_id")
        standings = self.desk.read()
        if standings or "live" in vars(self) or self.batches:
            self.store.set_decisions(*decision_columns(ids, standings))

    def decide(
        self, rows: pa.Table | None = None, *, state: str, by: str = "", progress: Report = quiet, **words: str
    ) -> Batch:
        """Decide on findings (default: the open one) in one transaction.

        `words` are remedy, amount, root_cause, owner, due_on and remark, as texts. What somebody decided since it was
        read here is a conflict and is left alone. Raises WorkbenchError where the decision cannot stand.

        Example:
            >>> investigation.decide(investigation.table, state="accepted", remark="below 5 SGD", by="U-SG-M1")
        """
        form = Form.read({**words, "state": state, "by": by or whoever_is_here()})
        opened = [self.finding] if self.finding else []
        wanted = opened if rows is None else rows.select(DECIDED).to_pylist()
        return self._kept(self.desk.decide(wanted, form, progress))

    def undo(self, by: str = "", progress: Report = quiet) -> Batch:
        """Bring back what held before the last decision that was made here, by entries of their own."""
        if not self.batches:
            raise WorkbenchError(
                say("Nothing was decided here yet."), say("decide first; older ones: workbench decisions list")
            )
        undone = self.desk.undo(self.batches[-1], by or whoever_is_here(), progress)
        self.batches.pop()
        self.read_decisions()
        return undone

    def _kept(self, batch: Batch) -> Batch:
        if batch.numbers:
            self.batches.append(batch)
        self.store.set_decisions(*decision_columns(self.store.column("finding_id"), self.desk.standings))
        return batch

    @cached_property
    def live(self) -> Live:
        """The live explorer and panel."""
        return Live(self, self._view)

    def panel_view(self, evidence: Evidence) -> dict[str, Any]:
        """A finding with its evidence as plain values for the panel."""
        return panel_view(evidence, self.controls.get(evidence.finding["control_id"]), self.names)

    def static_html(self) -> str:
        """Totals, controls, first rows and the open finding as escaped HTML without script."""
        evidence = self.evidence
        part = panel_html(self.panel_view(evidence), evidence) if evidence else ""
        lacks = [{mark("not here"): text} for text in self.missing] + (
            [{mark("not here"): say("decisions: {problem}", problem=self.desk.problem)}] if self.desk.problem else []
        )
        notes = html_records(lacks) if lacks else ""
        return spoken_div("workbench workbench-static", f"{explorer_html(self.store, self.view)}{notes}{part}")

    def _ipython_display_(self) -> None:
        static = {"text/plain": repr(self), "text/html": self.static_html()}
        if is_batch():
            publish(static)
            return
        publish({**static, "text/html": TWINS + static["text/html"]})
        publish({**self.live.bundle(), "text/plain": " "})
        self.live.begin()

    def __repr__(self) -> str:
        candidates, findings = f"{self.store.rows.num_rows:,}", f"{self.findings.found.num_rows:,}"
        return say("{candidates} candidates, {findings} findings", candidates=candidates, findings=findings)


def read_view(view: View | Mapping[str, Any] | str | None) -> View:
    """A view from itself, its JSON, or the name of a saved one; the first view from nothing."""
    if isinstance(view, View):
        return view
    return load_view(view) if isinstance(view, str) else View.read(view or {})


def explore(
    findings: Findings,
    snapshot: Snapshot,
    *,
    view: View | Mapping[str, Any] | str | None = None,
    causes: Iterable[CauseLike] | None = None,
    decisions: str = "",
) -> Exploration:
    """The findings of a run with facets, grid and evidence, to be narrowed, followed and decided on.

    `view` is what to begin with: its small JSON, or the name of a saved view. `causes` are those of wb.causes, where
    they are known already; `decisions` is another decision store than that of the settings. Raises UnknownNameError for
    a facet, a column or a saved view that does not exist.

    Example:
        >>> wb.explore(findings, snapshot, view={"facets": {"control": ["ACC-03"]}, "sort": [["impact", "desc"]]})
    """
    return Exploration(findings, snapshot, read_view(view), causes, decisions)
