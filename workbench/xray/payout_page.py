"""The page of a settlement's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.language import counted, mark, say
from workbench.markup import Amount
from workbench.settlement.codes import in_words, sense
from workbench.xray.fired import Fired
from workbench.xray.layout import facts_list, heading, parts, records, said, section, small, tiles, warning
from workbench.xray.payout import SettlementView
from workbench.xray.place_page import place_html
from workbench.xray.staircase import staircase
from workbench.xray.timeline import timeline

MOST_LINES, MOST_NEIGHBOURS = 250, 15
NO_FINDINGS = mark(
    "No findings were given, so no control speaks here: wb.settlement(snapshot, settlement_id, wb.run(snapshot))."
)


def payout_html(shown: SettlementView) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section(say("From its lines to the bank"), *_steps(shown))
        + section(say("What the controls say"), *_controls(shown))
        + section(say("Lines"), _lines(shown))
        + section(sense(mark("When#days")), timeline(shown.events, say("The days of {title}", title=shown.title)))
        + section(say("Other statements of this partner"), _neighbours(shown))
        + section(say("Next and previous finding"), place_html(shown.place))
        + "</div>"
    )


def _head(shown: SettlementView) -> str:
    row = shown.head
    partner = f"{row['partner_name']} ({row['partner_id']})" if row["partner_name"] else row["partner_id"]
    entity = f"{row['entity_name']} ({row['entity_id']})" if row["entity_name"] else row["entity_id"]
    currency, moved_in = row["currency"], row["bank_currency"] or say("no bank line")
    figures: list[tuple[str, object, str]] = [
        (say("Gross"), Amount(row["gross_amount"], currency), currency),
        (say("Net"), Amount(row["net_amount"], currency), currency),
        (say("Moved by the bank"), Amount(row["bank_amount"], row["bank_currency"]), moved_in),
    ]
    if shown.fired is not None:
        found = sum(each.is_finding for each in shown.fired)
        words = say("{count} looked at and explained", count=len(shown.fired) - found)
        figures.append((say("Findings"), str(found), words))
    signs = [] if row["status"] == "paid" else [in_words(row["status"])]
    kind = in_words(row["partner_kind"])
    under = parts(say("with {partner} {kind} by {entity}"), partner=partner, kind=kind, entity=entity)
    return (
        heading(shown.title, under, signs)
        + "".join(warning(text) for text in _warnings(shown))
        + tiles(figures)
        + facts_list(_facts(row))
    )


def _warnings(shown: SettlementView) -> Iterator[str]:
    if shown.missing:
        yield say("Not in this snapshot, so not shown: {tables}.", tables=", ".join(shown.missing))
    if shown.steps.differences:
        yield say("It does not add up: the steps below name what is left over.")


def _facts(row: Mapping[str, Any]) -> list[tuple[str, object]]:
    return [
        (say("Period"), say("{first} to {last} (not with it)", first=row["period_from"], last=row["period_to"])),
        (say("Direction"), in_words(row["direction"])),
        (say("Status"), in_words(row["status"])),
        (say("Paid"), row["paid_on"]),
        (say("Bank line"), row["bank_line_id"]),
        (say("Counterparty"), row["counterparty"]),
        (say("Reference"), row["bank_reference"]),
        (say("Bank changed"), row["bank_changed_on"]),
    ]


def _steps(shown: SettlementView) -> Iterator[str]:
    currency = shown.head["currency"]
    amount = say("amount ({currency})", currency=currency)
    yield staircase(shown.steps.steps, currency, shown.steps.title)
    yield records(
        [
            {
                mark("step"): step.words,
                amount: None if step.is_total else Amount(step.amount, currency),
                mark("stands at"): Amount(step.after, currency),
            }
            for step in shown.steps.steps
        ]
    )
    left = [
        say("{step}: {amount}", step=step.words, amount=Amount(step.amount, currency, named=True))
        for step in shown.steps.differences
    ]
    if left:
        yield said(say("Left over: {steps}.", steps=say("; ").join(left)))
    else:
        yield said(say("It adds up from its lines to the bank."))


def _controls(shown: SettlementView) -> Iterator[str]:
    if shown.fired is None:
        yield warning(say(NO_FINDINGS))
        return
    found = [_finding(each, shown) for each in shown.fired if each.is_finding]
    kept = [_finding(each, shown) for each in shown.fired if not each.is_finding]
    yield records(found) or said(say("No control found anything on this settlement."))
    yield records(kept, caption=say("Looked at and explained")) if kept else ""


def _finding(each: Fired, shown: SettlementView) -> dict[str, object]:
    row = each.row
    on = ", ".join(each.lines[:3]) + (" ..." if len(each.lines) > 3 else "")
    whole = say("the settlement") if row["subject_id"] == shown.head["settlement_id"] else row["subject_id"]
    return {
        mark("control"): [f"{row['control_id']}, {in_words(row['severity'])}", each.shown_title],
        mark("on#line"): on or whole,
        mark("reason"): row["reason"],
        mark("explained by"): each.explained_by,
        mark("expected#amount"): Amount(row["expected_amount"], row["currency"], named=True),
        mark("settled"): Amount(row["billed_amount"], row["currency"], named=True),
        mark("impact"): Amount(row["impact_amount"], row["currency"], named=True),
    }


def _lines(shown: SettlementView) -> str:
    by_line = shown.by_line
    chosen = sorted(shown.lines, key=lambda row: row["settlement_line_id"] not in by_line)[:MOST_LINES]
    note = ""
    if len(chosen) < len(shown.lines):
        note = say(
            "{shown} of {all} lines are shown, those that controls fired on first.",
            shown=f"{MOST_LINES:,}", all=f"{len(shown.lines):,}",
        )  # fmt: skip
    rows = [_line(row, by_line.get(row["settlement_line_id"], ()), shown.head["currency"]) for row in chosen]
    caption = counted(
        len(shown.lines), "{count} line, amounts in {currency}", "{count} lines, amounts in {currency}",
        currency=shown.head["currency"],
    )  # fmt: skip
    return said(note) + small(records(rows, caption=caption)) if rows else said(say("It has no lines."))


def _line(row: Mapping[str, Any], fired: Any, currency: str) -> dict[str, object]:
    names = [each.row["control_id"] if each.is_finding else f"({each.row['control_id']})" for each in fired]
    return {
        mark("line"): row["settlement_line_id"],
        mark("kind"): in_words(row["kind"]),
        mark("amount"): Amount(row["amount"], currency),
        mark("order"): row["order_id"],
        mark("ordered#day"): row["order_date"],
        mark("consignment"): row["delivery_id"],
        mark("shipped#day"): row["shipped_on"],
        mark("delivered#day"): row["delivered_on"] or in_words(row["delivery_status"]),
        mark("service"): row["service_level"],
        mark("to"): row["destination_zone"],
        mark("weight kg"): row["weight_kg"],
        mark("volume m3"): row["volume_m3"],
        mark("settled in too"): ", ".join(row["elsewhere"] or ()) or None,
        mark("controls"): list(dict.fromkeys(names)) or None,
    }


def _neighbours(shown: SettlementView) -> str:
    currency = shown.head["currency"]
    return records(
        [
            {
                mark("settlement#key"): row["settlement_id"],
                mark("from"): row["period_from"],
                mark("to"): row["period_to"],
                mark("net"): Amount(row["net_amount"], currency),
                mark("status"): in_words(row["status"]),
                mark("paid#day"): row["paid_on"],
                "": say("this one") if row["settlement_id"] == shown.head["settlement_id"] else None,
            }
            for row in shown.neighbours
        ],
        caption=counted(
            len(shown.neighbours),
            "{count} statement in {currency}",
            "{count} statements in {currency}",
            currency=currency,
        ),
        limit=MOST_NEIGHBOURS,
    )
