"""One entity's month: parameters fixed first, controls run once, and every number the pack tells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import detect
from workbench.causes import Causes, causes
from workbench.controls import Control, choose
from workbench.decisions.explaining import Applied, products_of, suppress_explained
from workbench.engine import Engine, open_engine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.language import language, say
from workbench.pack import sharing
from workbench.pack.decided import Decided
from workbench.pack.given import Given, read_given
from workbench.pack.identities import Identity, decided_identities, identities_of
from workbench.pack.papers import of_entity
from workbench.pack.scope import EVERY, Period, documents, entity_names, newest_period, read_period, require_entity
from workbench.screens.catalogue import catalogue as screen_catalogue
from workbench.screens.results import Screening
from workbench.screens.run import screens
from workbench.settings import NOTEBOOKS, QUERIES
from workbench.snapshot import MANIFEST, Snapshot, canonical_json, sha256

if TYPE_CHECKING:
    from workbench.pack.comparing import Comparison

NOTEBOOK = NOTEBOOKS / "5_audit_pack.ipynb"
PARAMETERS = "parameters.json"
SHARED = ("functions/*/*.sql", "views/*.sql", "schema.yml", "references.yml")


@dataclass(frozen=True)
class MoneyLine:
    """What one control's findings in one currency and direction come to.

    `amount` is the sum of the impacts; for findings at risk, where nothing can be expected, of what does stand.
    """

    control: Control
    currency: str | None
    direction: str
    findings: int
    amount: Decimal


class Audit:
    """The work for one pack.

    `entity` is an id, EVERY for all, None for what belongs to no entity; `notebook` is the fingerprint of the notebook
    that does the work; `against` is last month's pack; `given` holds decisions and sampling papers, of which those of
    the entity are used. What is asked is fixed when it is made (`fixed`, its text and hash); the controls run when
    their findings are first asked for.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        period: Period,
        entity: str | None = EVERY,
        own: Mapping[str, Mapping[str, object]] | None = None,
        folder: Path | None = None,
        notebook: str = "",
        *,
        against: Path | None = None,
        given: Given | None = None,
    ) -> None:
        rests_on = given or Given()
        self.given = replace(rests_on, papers=of_entity(rests_on.papers, entity), against=against or rests_on.against)
        self.snapshot = snapshot
        self.period = period
        self.entity = entity
        self.own = own or {}
        self.folder = folder
        self.controls = choose()
        self.fixed = self._fix(notebook or sha256(NOTEBOOK))
        self.text = canonical_json(self.fixed)
        self.pack_id = hashlib.sha256(self.text.encode()).hexdigest()

    def _fix(self, notebook: str) -> dict[str, Any]:
        """Inputs, code and every parameter: the same value for the same work, anywhere."""
        for name in self.own.keys() - {control.id for control in self.controls}:
            raise UnknownNameError("control", name, [control.id for control in self.controls])
        return {
            "snapshot": self.snapshot.fingerprint,
            "entity": {"id": self.entity or None, "scope": self.scope_word},
            "period": self.period.text,
            "from_date": self.period.first.isoformat(),
            "to_date": self.period.end.isoformat(),
            "as_of": self.period.end.isoformat(),
            "standing_controls_from": None,
            "controls": {
                control.id: {
                    "fingerprint": control.fingerprint,
                    "parameters": detect.own_parameters(control, self.own.get(control.id, {})),
                }
                for control in self.controls
            },
            "screens": {
                entry.id: {"fingerprint": entry.fingerprint, "parameters": entry.values({})}
                for entry in screen_catalogue().values()
            },
            "shared": {name: sha256(file) for name, file in shared_files().items()},
            "notebook": notebook,
            "workbench": version("billing-workbench"),
            "language": language(),
            **self.given.as_fixed(self.period.end),
        }

    @property
    def language(self) -> str:
        """What the pack is written in."""
        return str(self.fixed["language"])

    @property
    def scope_word(self) -> str:
        """Whether this is about one entity, every entity or what belongs to none."""
        return "none" if self.entity is None else "one" if self.entity else "every"

    @property
    def decided(self) -> Decided:
        """The decisions as they were read once, before the first result."""
        return self.given.decided

    @property
    def against(self) -> Path | None:
        """Last month's pack, which this one is compared with."""
        return self.given.against

    @cached_property
    def findings(self) -> Findings:
        """Every candidate of this scope, suppressed too where an explanation in force says why it is right."""
        return self._explained[0]

    @property
    def applied(self) -> tuple[Applied, ...]:
        """Every explanation, with its state on the as-of date and what it suppressed in this scope."""
        return self._explained[1] if self.decided.explanations else ()

    @cached_property
    def _explained(self) -> tuple[Findings, tuple[Applied, ...]]:
        explanations = self.decided.explanations
        products = products_of(self.snapshot) if any(one.scope.product_id for one in explanations) else None
        return suppress_explained(self.candidates, explanations, standings=self.decided.standings, products=products)

    @cached_property
    def candidates(self) -> Findings:
        """What the controls returned for this scope; they run when it is first asked for."""
        self._demand_fixed()
        result = sharing.candidates(self)
        return result if self.entity == EVERY else result.for_entity(self.entity)

    @cached_property
    def causes(self) -> Causes:
        """What many findings of this scope have in common."""
        return causes(self.findings, self.snapshot)

    @cached_property
    def screening(self) -> Screening:
        """What the screens rank in this scope's month; none of it is a finding."""
        self._demand_fixed()
        return screens(
            self.snapshot,
            from_date=self.period.first,
            to_date=self.period.end,
            as_of=self.period.end,
            entity=self.entity,
        )

    def _demand_fixed(self) -> None:
        """Before the first result: what is asked is what parameters.json fixed, to the byte."""
        file = self.folder / PARAMETERS if self.folder else None
        if file is None or (file.is_file() and sha256(file) == self.pack_id):
            return
        before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        differing = sorted(name for name, value in self.fixed.items() if before.get(name) != value)
        raise WorkbenchError(
            f"What is asked here is not what {PARAMETERS} of the pack fixed before: {', '.join(differing)} differ.",
            "start again with nothing changing meanwhile: workbench review",
        )

    @cached_property
    def _facts(self) -> tuple[dict[str, str], dict[str | None, int]]:
        database: Engine = open_engine("duckdb", self.snapshot.folder)
        try:
            return entity_names(database), documents(database, self.period)
        finally:
            database.close()

    @property
    def name(self) -> str:
        """Whose pack this is, in words."""
        if self.entity is None:
            return say("Without an entity")
        return self._facts[0].get(self.entity, self.entity) if self.entity else say("All entities")

    @property
    def documents(self) -> int:
        """Orders, deliveries, invoices and receipts of the period in this scope."""
        counts = self._facts[1]
        return sum(counts.values()) if self.entity == EVERY else counts.get(self.entity, 0)

    @cached_property
    def money(self) -> list[MoneyLine]:
        """Findings and amounts per control, currency and direction; currencies and directions are never added."""
        rows = self.findings.found.group_by(["control_id", "currency", "direction"]).aggregate(
            [("impact_amount", "sum"), ("billed_amount", "sum"), ("finding_id", "count")]
        )
        known = {line.control.id: line.control for line in self.findings.funnel}
        lines = [
            MoneyLine(
                known[row["control_id"]],
                row["currency"],
                row["direction"],
                row["finding_id_count"],
                row["billed_amount_sum" if row["direction"] == "at_risk" else "impact_amount_sum"] or Decimal(0),
            )
            for row in rows.to_pylist()
        ]
        return sorted(
            lines, key=lambda line: (line.currency is None, line.currency or "", line.control.id, line.direction)
        )

    @cached_property
    def comparison(self) -> Comparison | None:
        """What is new, gone and changed against last month's pack; None where none was given."""
        from workbench.pack import comparing

        return comparing.against(self.against, self) if self.against else None

    @property
    def identities(self) -> list[Identity]:
        """Every equation that has to hold, with its result, in the language in force."""
        return [identity.said for identity in self.kept_identities]

    @cached_property
    def kept_identities(self) -> list[Identity]:
        """The same in English, as files keep them."""
        own = identities_of(self.snapshot, self.findings, self.entity)
        drawn = [paper.identity(self.snapshot.fingerprint) for paper in self.given.papers]
        return [*own, *decided_identities(self.findings, self.decided, self.applied), *drawn]


def asked(snapshot: Snapshot, period: str, entity: str | None) -> Period:
    """The period that "YYYY-MM" says (empty: the newest month with an invoice), when the entity is one of the snapshot.

    Raises WorkbenchError for a period that is none and an entity that is unknown.
    """
    database: Engine = open_engine("duckdb", snapshot.folder)
    try:
        if entity:
            require_entity(database, entity)
        return read_period(period) if period else newest_period(database)
    finally:
        database.close()


def pack_folder(name: str) -> Path | None:
    """The folder of a pack in the making; None for an empty name, WorkbenchError for a finished pack or no folder."""
    if not name:
        return None
    folder = Path(name)
    if not folder.is_dir() or (folder / MANIFEST).exists():
        raise WorkbenchError("The folder given is no pack in the making.", 'leave folder = "" to look without saving')
    return folder


def notebook_of(folder: Path) -> str:
    """The fingerprint of the notebook that a pack in the making was begun with; empty without one."""
    file = folder / PARAMETERS
    return str(json.loads(file.read_text(encoding="utf-8")).get("notebook", "")) if file.is_file() else ""


def audit_in(
    folder: Path, snapshot: Snapshot, period: Period, entity: str | None, own: Mapping[str, Mapping[str, object]] | None
) -> Audit:
    """The audit of a pack in the making, by what the pack was given when it was begun."""
    return Audit(snapshot, period, entity, own, folder, notebook_of(folder), given=read_given(folder, period.text))


def shared_files() -> dict[str, Path]:
    """What controls share (functions, views, the schema) and the screens, by path below controls/shared."""
    folder = QUERIES / "2_canonical"
    shared = {file.relative_to(folder).as_posix(): file for glob in SHARED for file in sorted(folder.glob(glob))}
    return shared | {f"screens/{file.name}": file for file in sorted((QUERIES / "5_screens").glob("*.sql"))}
