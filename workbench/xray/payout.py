"""The x-ray of a settlement: step by step from its lines to what the bank moved, and what the controls say."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import WorkbenchError
from workbench.findings import Findings, evidence_keys
from workbench.language import mark, say
from workbench.settlement.codes import in_words, sense
from workbench.settlement.waterfall import Waterfall, waterfall
from workbench.snapshot import Snapshot
from workbench.xray.books import Books, Row, opened
from workbench.xray.events import Event
from workbench.xray.fired import Fired, Place, known_controls, place, rank

# The tables that an x-ray of a settlement reads.
TABLES = ("settlements", "settlement_lines", "partners", "entities", "bank_lines", "orders", "deliveries")


@dataclass(frozen=True)
class SettlementView:
    """One settlement from every side; shown as static HTML, and every part is there as data.

    `steps` go from its lines to what the bank moved; `lines` are rows of settlement_items.sql and `neighbours` the
    partner's other statements. Amounts are in the settlement's currency. `fired` is None where no findings were given.
    """

    head: Row
    steps: Waterfall
    lines: tuple[Row, ...]
    neighbours: tuple[Row, ...]
    events: tuple[Event, ...]
    fired: tuple[Fired, ...] | None
    place: Place | None
    missing: tuple[str, ...]
    milliseconds: dict[str, float]

    @property
    def title(self) -> str:
        """Key and partner of the settlement."""
        return say("Settlement {key}", key=self.head["settlement_id"])

    @property
    def by_line(self) -> Mapping[str, Sequence[Fired]]:
        """The candidates of each line, by settlement_line_id."""
        found: dict[str, list[Fired]] = {}
        for each in self.fired or ():
            for key in each.lines:
                found.setdefault(key, []).append(each)
        return found

    def page(self) -> str:
        """The whole page as HTML: no script, no address, the reader's light or dark."""
        from workbench.xray.layout import page

        return page(self.title, self._repr_html_())

    def _repr_html_(self) -> str:
        from workbench.xray.payout_page import payout_html

        return payout_html(self)

    def __repr__(self) -> str:
        return self.title


def settlement(snapshot: Snapshot | Books, settlement_id: str, findings: Findings | None = None) -> SettlementView:
    """One settlement by its id, step by step from its lines to the bank, with what the controls say of it.

    Raises WorkbenchError where the snapshot has no settlements, and for an id that none has; the three nearest are
    offered.

    Example:
        >>> snapshot = wb.open()
        >>> wb.settlement(snapshot, "ST000001", wb.run(snapshot, families=("settlement",)))
    """
    books = opened(snapshot)
    if "settlements" not in books.snapshot.tables:
        raise WorkbenchError(
            f"'{books.snapshot.folder.name}' has no settlements, so there is none to look at.", "load them"
        )
    books.milliseconds.clear()
    began = time.perf_counter()
    found = books.ask("settlement_head", settlement=settlement_id) if settlement_id else []
    if not found:
        near = [row["settlement_id"] for row in books.ask("nearest_settlements", name=settlement_id)]
        fix = f"did you mean {', '.join(near)}?" if near else "this snapshot has none"
        raise WorkbenchError(f"There is no settlement '{settlement_id}'.", fix)
    head = found[0]
    same = {"partner": head["partner_id"], "entity": head["entity_id"], "currency": head["currency"]}
    parts = books.together(
        {
            "lines": ("settlement_items", {"settlement": settlement_id}),
            "neighbours": ("settlement_neighbours", same),
        }
    )
    fired = fired_on(findings, head, parts["lines"]) if findings is not None else None
    shown = SettlementView(
        head=head,
        steps=waterfall(head),
        lines=tuple(parts["lines"]),
        neighbours=tuple(parts["neighbours"]),
        events=_events(head),
        fired=fired,
        place=place(findings, fired or ()) if findings is not None else None,
        missing=tuple(name for name in TABLES if name not in books.snapshot.tables),
        milliseconds={},
    )
    shown.milliseconds.update(books.milliseconds, all=(time.perf_counter() - began) * 1000)
    return shown


def _events(head: Row) -> tuple[Event, ...]:
    """The days of a settlement: its period, a change of the partner's bank details, the payout, the bank's line."""
    own, currency = head["settlement_id"], head["currency"]
    bank, bank_currency = head["bank_line_id"] or "", head["bank_currency"]
    changed, state = say("the partner's bank details changed"), in_words(head["status"])
    days = [
        Event(mark("Period"), head["period_from"], "settlements", own, say("what it settles"), until=head["period_to"]),
        Event(mark("New bank"), head["bank_changed_on"], "partners", head["partner_id"], changed),
        Event(mark("Payout"), head["paid_on"], "settlements", own, state, head["net_amount"], currency, is_own=True),
        Event(
            mark("Bank line"),
            head["booked_on"],
            "bank_lines",
            bank,
            sense(mark("moved#bank")),
            head["bank_amount"],
            bank_currency,
        ),
    ]
    dated = [(each.on, each.kind, each) for each in days if each.on]
    return tuple(each for _, _, each in sorted(dated, key=lambda day: day[:2]))


def fired_on(findings: Findings, head: Row, lines: Sequence[Row]) -> tuple[Fired, ...]:
    """The candidates about a settlement: its own, its lines', and those whose evidence names it; worst first."""
    own, of_lines = head["settlement_id"], {row["settlement_line_id"] for row in lines}
    known = known_controls(findings)
    cited = pc.fill_null(pc.match_substring(findings.table["evidence"], f'"{own}"'), False)
    subject = pc.is_in(findings.table["subject_id"], value_set=pa.array([own, *sorted(of_lines)], pa.string()))
    found = []
    for row in findings.table.filter(pc.or_(cited, subject)).to_pylist():
        keys = evidence_keys(row["evidence"] or "{}")
        named = set(keys.get("settlement_lines", ()))
        if row["subject_table"] == "settlement_lines":
            named.add(row["subject_id"])
        is_own = row["subject_table"] == "settlements" and row["subject_id"] == own
        if is_own or named & of_lines or own in keys.get("settlements", ()):
            held = () if is_own else tuple(sorted(named & of_lines))
            found.append(Fired(row, known.get(row["control_id"]), held, bool(named - of_lines)))
    return tuple(sorted(found, key=lambda each: (not each.is_finding, *rank(each.row))))
