"""The page of a settlement's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.markup import Amount
from workbench.xray.fired import Fired
from workbench.xray.layout import counted, facts_list, heading, records, said, section, small, tiles, warning
from workbench.xray.payout import SettlementView
from workbench.xray.place_page import place_html
from workbench.xray.staircase import staircase
from workbench.xray.timeline import timeline

MOST_LINES, MOST_NEIGHBOURS = 250, 15
NO_FINDINGS = (
    "No findings were given, so no control speaks here: wb.settlement(snapshot, settlement_id, wb.run(snapshot))."
)


def payout_html(shown: SettlementView) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section("From its lines to the bank", *_steps(shown))
        + section("What the controls say", *_controls(shown))
        + section("Lines", _lines(shown))
        + section("When", timeline(shown.events, f"The days of {shown.title}"))
        + section("Other statements of this partner", _neighbours(shown))
        + section("Next and previous finding", place_html(shown.place))
        + "</div>"
    )


def _head(shown: SettlementView) -> str:
    row = shown.head
    partner = f"{row['partner_name']} ({row['partner_id']})" if row["partner_name"] else row["partner_id"]
    entity = f"{row['entity_name']} ({row['entity_id']})" if row["entity_name"] else row["entity_id"]
    currency = row["currency"]
    figures: list[tuple[str, object, str]] = [
        ("Gross", Amount(row["gross_amount"], currency), currency),
        ("Net", Amount(row["net_amount"], currency), currency),
        ("Moved by the bank", Amount(row["bank_amount"], row["bank_currency"]), row["bank_currency"] or "no bank line"),
    ]
    if shown.fired is not None:
        found = sum(each.is_finding for each in shown.fired)
        figures.append(("Findings", str(found), f"{len(shown.fired) - found} looked at and explained"))
    lacking = f"Not in this snapshot, so not shown: {', '.join(shown.missing)}." if shown.missing else ""
    signs = [] if row["status"] == "paid" else [row["status"]]
    under = ("with", partner, row["partner_kind"] or "", "by", entity)
    return (
        heading(shown.title, [words for words in under if words], signs)
        + (warning(lacking) if lacking else "")
        + (warning("It does not add up: the steps below name what is left over.") if shown.steps.differences else "")
        + tiles(figures)
        + facts_list(
            [
                ("Period", f"{row['period_from']} to {row['period_to']} (not with it)"),
                ("Direction", row["direction"]),
                ("Status", row["status"]),
                ("Paid", row["paid_on"]),
                ("Bank line", row["bank_line_id"]),
                ("Counterparty", row["counterparty"]),
                ("Reference", row["bank_reference"]),
                ("Bank changed", row["bank_changed_on"]),
            ]
        )
    )


def _steps(shown: SettlementView) -> Iterator[str]:
    currency = shown.head["currency"]
    yield staircase(shown.steps.steps, currency, shown.steps.title)
    yield records(
        [
            {
                "step": step.words,
                f"amount ({currency})": None if step.is_total else Amount(step.amount, currency),
                "stands at": Amount(step.after, currency),
            }
            for step in shown.steps.steps
        ]
    )
    left = [f"{step.words}: {Amount(step.amount, currency, named=True)}" for step in shown.steps.differences]
    yield said(f"Left over: {'; '.join(left)}." if left else "It adds up from its lines to the bank.")


def _controls(shown: SettlementView) -> Iterator[str]:
    if shown.fired is None:
        yield warning(NO_FINDINGS)
        return
    found = [_finding(each, shown) for each in shown.fired if each.is_finding]
    kept = [_finding(each, shown) for each in shown.fired if not each.is_finding]
    yield records(found) or said("No control found anything on this settlement.")
    yield records(kept, caption="Looked at and explained") if kept else ""


def _finding(each: Fired, shown: SettlementView) -> dict[str, object]:
    row, code = each.row, each.row["suppressed_by"]
    on = ", ".join(each.lines[:3]) + (" ..." if len(each.lines) > 3 else "")
    meaning = each.control.suppressions.get(code, "") if each.control and code else ""
    return {
        "control": [f"{row['control_id']}, {row['severity']}", each.title],
        "on": on or ("the settlement" if row["subject_id"] == shown.head["settlement_id"] else row["subject_id"]),
        "reason": row["reason"],
        "explained by": f"{code}: {meaning}".rstrip(": ") if code else None,
        "expected": Amount(row["expected_amount"], row["currency"], named=True),
        "settled": Amount(row["billed_amount"], row["currency"], named=True),
        "impact": Amount(row["impact_amount"], row["currency"], named=True),
    }


def _lines(shown: SettlementView) -> str:
    by_line = shown.by_line
    chosen = sorted(shown.lines, key=lambda row: row["settlement_line_id"] not in by_line)[:MOST_LINES]
    note = ""
    if len(chosen) < len(shown.lines):
        note = f"{MOST_LINES:,} of {len(shown.lines):,} lines are shown, those that controls fired on first."
    rows = [_line(row, by_line.get(row["settlement_line_id"], ()), shown.head["currency"]) for row in chosen]
    caption = f"{counted(len(shown.lines), 'line')}, amounts in {shown.head['currency']}"
    return said(note) + small(records(rows, caption=caption)) if rows else said("It has no lines.")


def _line(row: Mapping[str, Any], fired: Any, currency: str) -> dict[str, object]:
    names = [each.row["control_id"] if each.is_finding else f"({each.row['control_id']})" for each in fired]
    return {
        "line": row["settlement_line_id"],
        "kind": row["kind"],
        "amount": Amount(row["amount"], currency),
        "order": row["order_id"],
        "ordered": row["order_date"],
        "consignment": row["delivery_id"],
        "shipped": row["shipped_on"],
        "delivered": row["delivered_on"] or row["delivery_status"],
        "service": row["service_level"],
        "to": row["destination_zone"],
        "weight kg": row["weight_kg"],
        "volume m3": row["volume_m3"],
        "settled in too": ", ".join(row["elsewhere"] or ()) or None,
        "controls": list(dict.fromkeys(names)) or None,
    }


def _neighbours(shown: SettlementView) -> str:
    currency = shown.head["currency"]
    return records(
        [
            {
                "settlement": row["settlement_id"],
                "from": row["period_from"],
                "to": row["period_to"],
                "net": Amount(row["net_amount"], currency),
                "status": row["status"],
                "paid": row["paid_on"],
                "": "this one" if row["settlement_id"] == shown.head["settlement_id"] else None,
            }
            for row in shown.neighbours
        ],
        caption=f"{counted(len(shown.neighbours), 'statement')} in {currency}",
        limit=MOST_NEIGHBOURS,
    )
