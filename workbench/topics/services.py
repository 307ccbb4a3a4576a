"""Recurring services: gaps, overlaps, install dates and service credits, month by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import ClassVar

from workbench.causes.pictures import Picture, axis, layout, short
from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.topics.topic import Row, Topic

# What a month of a charge shows: sign, word, colour; the sign and the word say what the colour says.
BILLED, GAP, TWICE, PART = mark("billed"), mark("not billed"), mark("billed twice"), mark("billed in part")
NOT_DUE, PAUSED, OUTSIDE = mark("not due yet"), mark("paused"), mark("no service")
SIGNS = {BILLED: "■", GAP: "○", TWICE: "◆", PART: "◪", NOT_DUE: "◌", PAUSED: "‖", OUTSIDE: "·"}
COLOURS = {
    BILLED: "#2b86a5", GAP: "#d0692b", TWICE: "#9a6cc4", PART: "#a08d35", NOT_DUE: "#77828c", PAUSED: "#77828c",
    OUTSIDE: "#9aa3ab",
}  # fmt: skip
MOST_MONTHS = 36
DIRECTIONS = {"over_billed": mark("over-billed"), "under_billed": mark("under-billed"), "at_risk": mark("at-risk")}


@dataclass(frozen=True)
class Charge:
    """One recurring charge and what each month of it is."""

    charge_id: str
    words: str
    months: Mapping[str, str]
    notes: Mapping[str, str]


class Services(Topic):
    """COM-03, COM-04, OCC-02, OCC-05, ACC-05, ACC-11 and ACC-12 with the months of a contract's charges."""

    name = "services"
    title = mark("Recurring services")
    controls = ("COM-03", "COM-04", "OCC-02", "OCC-05", "ACC-05", "ACC-11", "ACC-12")
    root_causes: ClassVar[dict[str, str]] = {
        "COM-03": "interface", "COM-04": "contract_change", "OCC-02": "billing_run", "OCC-05": "contract_change",
        "ACC-05": "billing_run", "ACC-11": "other", "ACC-12": "delivery_record",
    }  # fmt: skip
    next_steps: ClassVar[tuple[str, ...]] = (
        mark(
            "Begin with the timeline: a gap at the start is a late activation (ACC-12), one in the middle a lost "
            "amendment, one at the end a termination that was reversed."
        ),
        mark("Two lines on one month: find the second order or the second billing run before crediting."),
        mark(
            "Set the install and acceptance protocols beside the billing start; the contract says which of them counts."
        ),
        mark(
            "Service credits are owed without being asked for unless the contract demands a claim; give them with the "
            "next invoice, and say for which outage."
        ),
    )

    def timeline(self, contract_id: str = "") -> Picture:
        """Each month of each recurring charge of a contract; default that of the largest finding."""
        if lacking := self.lacks("contracts", "contract_lines", "invoices", "invoice_lines"):
            return lacking
        contract = contract_id or self._contract()
        if not contract:
            return self.nothing(say("No service was billed wrongly, so there is no timeline to show; name a contract."))
        days = self.query("topic_service_days", contract=contract)
        charges = charges_of(days, self.as_of, self._not_due())
        if not charges:
            return self.nothing(say("Contract {contract} has no recurring charge in this snapshot.", contract=contract))
        title = say("Contract {contract}, month by month up to {day}", contract=contract, day=self.as_of)
        return Picture(title, _table(title, charges), _figure(title, charges))

    def _not_due(self) -> dict[str, date]:
        """The charges whose last gap COM-04 lets go since its billing period has not ended, and when it begins."""
        found: dict[str, date] = {}
        for row in self.findings.table.to_pylist():
            if row["control_id"] == "COM-04" and row["suppressed_by"] == "in_grace":
                charge, _, first = row["subject_id"].rpartition("/")
                found[charge] = max(found.get(charge, date.min), date.fromisoformat(first))
        return found

    def _contract(self) -> str:
        for row in self.ranked("COM-04", "OCC-02", "ACC-12", "OCC-05", "ACC-05", "ACC-11", "COM-03"):
            contracts = self.keys(row, "contracts")
            if not contracts:
                lines = self.keys(row, "contract_lines")
                contracts = [each["contract_id"] for each in self.query("contract_charges", ids=lines)] if lines else []
            if contracts:
                return str(contracts[0])
        return ""

    def by_start(self, most: int = 20) -> Shown:
        """Where billing started on the wrong day: the days apart, the largest amount first."""
        rows = self.ranked("ACC-12")[:most]
        head = [mark("charge"), mark("customer"), mark("impact"), mark("direction"), mark("reason")]
        table = [
            [
                row["subject_id"], self.customer(row["customer_id"]),
                Amount(row["impact_amount"], row["currency"], named=True), say(DIRECTIONS[row["direction"]]),
                row["reason"],
            ]
            for row in rows
        ]  # fmt: skip
        caption = say("{count} charges whose billing starts on the wrong day", count=f"{len(rows):,}")
        return Shown(html_table(head, table, caption=caption), caption)


def charges_of(rows: Sequence[Row], as_of: date, not_due: Mapping[str, date]) -> list[Charge]:
    """The months of every charge, from the days of its service, of live lines and of pauses (half-open).

    `not_due` says from which day on a charge's gap waits for the end of its billing period.
    """
    found = []
    for service in (row for row in rows if row["kind"] == "service"):
        own = [row for row in rows if row["contract_line_id"] == service["contract_line_id"]]
        billed = [row for row in own if row["kind"] == "billed"]
        ends = [row["day_to"] for row in billed if row["day_to"]]
        starts = [day for day in (service["day_from"], *(row["day_from"] for row in billed)) if day]
        if not starts:
            continue
        until = min(service["day_to"] or as_of, as_of)
        months = _months(min(starts), max([until, *(end for end in ends if end <= as_of)]))
        states: dict[str, str] = {}
        notes: dict[str, str] = {}
        for first in months:
            name = f"{first:%Y-%m}"
            state = _state(first, service, billed, [row for row in own if row["kind"] == "paused"], until)
            waits = not_due.get(service["contract_line_id"])
            states[name] = NOT_DUE if state == GAP and waits and waits < _next(first) else state
            documents = [
                str(row["document"]) for row in billed if _overlap(first, _next(first), row["day_from"], row["day_to"])
            ]
            notes[name] = ", ".join(documents[:3])
        found.append(
            Charge(service["contract_line_id"], f"{service['words']} ({service['contract_line_id']})", states, notes)
        )
    return found


def _months(first: date, last: date) -> list[date]:
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(month)
        month = _next(month)
    return months[-MOST_MONTHS:]


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _overlap(first: date, until: date, start: date | None, end: date | None) -> int:
    """Days of [first, until) in [start, end)."""
    begin = max(first, start) if start else first
    stop = min(until, end) if end else until
    return max((stop - begin).days, 0)


def _state(first: date, service: Row, billed: Sequence[Row], paused: Sequence[Row], until: date) -> str:
    """What a month is; a day is looked at by itself, since parts of periods meet in it."""
    counts = {BILLED: 0, GAP: 0, TWICE: 0, PAUSED: 0}
    day = first
    while day < _next(first):
        times = sum(row["day_from"] <= day and (row["day_to"] is None or day < row["day_to"]) for row in billed)
        is_paused = any(row["day_from"] <= day and (row["day_to"] is None or day < row["day_to"]) for row in paused)
        is_due = service["day_from"] is not None and service["day_from"] <= day < until
        if times > 1:
            counts[TWICE] += 1
        elif times:
            counts[BILLED] += 1
        elif is_paused and is_due:
            counts[PAUSED] += 1
        elif is_due:
            counts[GAP] += 1
        day += timedelta(days=1)
    if counts[TWICE]:
        return TWICE
    if counts[GAP]:
        return PART if counts[BILLED] else GAP
    if counts[BILLED]:
        return BILLED
    return PAUSED if counts[PAUSED] else OUTSIDE


def _table(title: str, charges: Sequence[Charge]) -> str:
    """A row per charge, a column per month, a sign in each cell that a legend explains."""
    months = sorted({month for each in charges for month in each.months})
    edge = "border:0;border-bottom:1px solid rgba(128,128,128,.3);padding:3px 4px;text-align:center;"
    head = "".join(f'<th scope="col" style="{edge}font-size:.8em">{month[2:4]}<br>{month[5:]}</th>' for month in months)
    body = ""
    for each in charges:
        cells = "".join(
            _sign(edge, month, each.months.get(month, OUTSIDE), each.notes.get(month, "")) for month in months
        )
        name = f"{edge}text-align:left;font-weight:400;min-width:12em;overflow-wrap:anywhere"
        body += f'<tr><th scope="row" style="{name}">{escape(each.words)}</th>{cells}</tr>'
    corner = say("charge") + " \\ " + say("month")
    legend = say(", ").join(f"{sign} {say(word)}" for word, sign in SIGNS.items())
    return (
        f'<div style="overflow-x:auto"><div style="margin:10px 0 4px;font-weight:600">{escape(title)}</div>'
        f'<table class="workbench" style="border-collapse:collapse"><thead><tr>'
        f'<th style="{edge}text-align:left">{escape(corner)}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table><p>{escape(legend)}</p></div>"
    )


def _sign(edge: str, month: str, state: str, note: str) -> str:
    said = escape(f"{month}: {say(state)} {note}".strip())
    return (
        f'<td style="{edge}color:{COLOURS[state]};font-weight:700;font-size:1.15em" title="{said}">{SIGNS[state]}</td>'
    )


def _figure(title: str, charges: Sequence[Charge]) -> dict[str, object]:
    data = []
    for word, colour in COLOURS.items():
        spots = [(month, each) for each in charges for month, state in each.months.items() if state == word]
        if spots and word != OUTSIDE:
            data.append(
                {
                    "type": "scatter", "mode": "markers+text", "name": f"{SIGNS[word]} {say(word)}",
                    "x": [month for month, _ in spots], "y": [escape(short(each.words, 34)) for _, each in spots],
                    "marker": {"symbol": "square", "size": 18, "color": colour},
                    "text": [SIGNS[word]] * len(spots), "textfont": {"color": "#ffffff"},
                    "hovertext": [escape(f"{say(word)}: {each.notes[month]}") for month, each in spots],
                    "hovertemplate": "%{x}, %{y}<br>%{hovertext}<extra></extra>",
                }
            )  # fmt: skip
    months = sorted({month for each in charges for month in each.months})
    order = {"type": "category", "categoryorder": "array", "categoryarray": months}
    made = layout(title, axis(say("month"), **order), axis(say("charge"), type="category", autorange="reversed"))
    return {
        "data": data,
        "layout": {**made, "height": 180 + 34 * len(charges), "legend": {"orientation": "h", "y": -0.3}},
    }
