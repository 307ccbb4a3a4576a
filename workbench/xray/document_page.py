"""The page of a document's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.markup import Amount
from workbench.xray.bridge import COUNTED, Bridge
from workbench.xray.events import Event
from workbench.xray.facts import VOID
from workbench.xray.fired import Fired
from workbench.xray.layout import counted, facts_list, heading, records, said, section, small, tiles, warning
from workbench.xray.place_page import place_html
from workbench.xray.staircase import staircase
from workbench.xray.timeline import timeline
from workbench.xray.view import Xray

# Beyond this the page would be heavier than it is useful: the rest is in the object.
MOST_LINES = 250
MOST_KEYS = 4
NO_FINDINGS = (
    "No findings were given, so no control speaks here and the steps below are differences from the agreed prices. "
    "Run the controls and give them: wb.xray(snapshot, document, wb.run(snapshot))."
)


def document_html(shown: Xray) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section("What happened", timeline(shown.events, f"What happened around {shown.title}"), _events(shown))
        + section("Lines", _lines(shown), _credited(shown))
        + section("What the controls say", *_controls(shown))
        + section("Expected against billed", *_bridge(shown.bridge))
        + section("Who entered and approved", _approvals(shown))
        + section("Open balance", *_balances(shown))
        + section("Next and previous finding", place_html(shown.place))
        + "</div>"
    )


def _head(shown: Xray) -> str:
    facts = shown.facts
    row, currency = facts.document, facts.currency
    customer = next(iter(facts.parts["customers"]), {})
    entity = next(iter(facts.parts["entities"]), {})
    of = _named(customer.get("name"), row["customer_id"])
    by = _named(entity.get("name"), row["entity_id"])
    found = sum(each.is_finding for each in shown.fired or ())
    today = shown.balances[0] if shown.balances else None
    figures: list[tuple[str, object, str]] = [
        ("Net", Amount(row["net_amount"], currency), currency),
        ("Tax", Amount(row["tax_amount"], currency), currency),
        ("Gross", Amount(row["gross_amount"], currency), currency),
        ("Open today", Amount(today.open, currency) if today else None, currency if today else "no open item"),
    ]
    if shown.fired is not None:
        kept = len(shown.fired) - found
        figures.append(("Findings", str(found), f"{kept} looked at and explained" if kept else "nothing suppressed"))
    lacking = f"Not in this snapshot, so not shown: {', '.join(shown.missing)}." if shown.missing else ""
    return (
        heading(shown.title, ("to", of, "from", by), _signs(shown))
        + (warning(lacking) if lacking else "")
        + "".join(warning(text) for text in _warnings(shown))
        + tiles(figures)
        + facts_list(_facts(shown))
    )


def _signs(shown: Xray) -> Iterator[str]:
    row = shown.facts.document
    if row["status"] != "issued":
        yield row["status"]
    if row["is_cancelled_pair"]:
        yield "half of a cancelled pair"


def _warnings(shown: Xray) -> Iterator[str]:
    facts, row = shown.facts, shown.facts.document
    if row["status"] in VOID:
        yield f"This document is {row['status']}: it is owed by nobody and is no open item."
    if row["is_cancelled_pair"] and facts.is_credit:
        yield f"It cancels {row['original_invoice_id']} in full: neither counts as billed."
    elif row["is_cancelled_pair"]:
        by = next((each["invoice_id"] for each in facts.parts["credits"] if each["reason_code"] == "cancel"), "")
        yield f"It is cancelled in full by credit memo {by}: neither counts as billed."
    if facts.is_credit and row["original_invoice_id"] and facts.original is None:
        yield f"It credits {row['original_invoice_id']}, which is not in this snapshot."


def _facts(shown: Xray) -> list[tuple[str, object]]:
    facts, row = shown.facts, shown.facts.document
    customer = next(iter(facts.parts["customers"]), {})
    period = f"{row['period_from']} to {row['period_to']} (not with it)" if row["period_from"] else None
    return [
        ("Dated", row["invoice_date"]),
        ("In the books", row["posted_on"] or "no posted_on: as dated"),
        ("Due", row["due_date"]),
        ("Service period", period),
        ("Status", row["status"]),
        ("Origin", row["origin"]),
        ("Reason", row["reason_code"]),
        ("Corrects", row["original_invoice_id"]),
        ("Order", row["order_id"]),
        ("Contract", row["contract_id"]),
        ("Purchase order", row["purchase_order"]),
        ("Customer is", customer.get("status")),
        ("Segment", customer.get("segment")),
    ]


def _events(shown: Xray) -> str:
    rows = [_event(event) for event in shown.events]
    return records(rows, caption=f"{counted(len(rows), 'event')} in order of date")


def _event(event: Event) -> dict[str, object]:
    return {
        "dated": event.on,
        "in the books": event.known_on,
        "what": event.kind,
        "key": event.key,
        "said": event.words,
        "until": event.until,
        "amount": Amount(event.amount, event.currency, named=True) if event.amount is not None else None,
    }


def _lines(shown: Xray) -> str:
    chosen = list(shown.lines)
    note = ""
    if len(chosen) > MOST_LINES:
        chosen = sorted(chosen, key=lambda line: not any(each.is_finding for each in line.fired))[:MOST_LINES]
        chosen.sort(key=lambda line: (not line.fired, line.row["line_number"]))
        note = (
            f"{MOST_LINES:,} of {len(shown.lines):,} lines are shown, those that controls fired on first; "
            "all of them are in .lines."
        )
    elif not chosen:
        note = "It has no lines."
    caption = f"{counted(len(shown.lines), 'line')}, amounts in {shown.facts.currency}"
    table = records([line.cells(shown.facts.currency) for line in chosen], caption=caption)
    return said(note) + small(table)


def _credited(shown: Xray) -> str:
    """What a credit memo credits: the original's lines beside its own, and what of the original is credited by now."""
    facts = shown.facts
    original = facts.original
    if not facts.is_credit or original is None:
        return ""
    currency = original["currency"]
    own: dict[object, list[Mapping[str, Any]]] = {}
    for row in facts.parts["lines"]:
        own.setdefault(_same(row), []).append(row)
    rows = []
    for row in facts.parts["original_lines"]:
        mine = own.get(_same(row), [])
        rows.append(
            {
                "line": str(row["line_number"]),
                "what": facts.products.get(row["product_id"]) or row["description"] or row["product_id"],
                "billed": row["quantity"],
                "net billed": Amount(row["net_amount"], currency),
                "credited here": sum((each["quantity"] for each in mine), Decimal(0)) if mine else None,
                "net credited here": Amount(sum((each["net_amount"] for each in mine), Decimal(0)), facts.currency)
                if mine
                else None,
            }
        )
    caption = (
        f"It credits {original['invoice_number']} ({original['invoice_id']}) of {original['invoice_date']}, "
        f"{Amount(original['gross_amount'], currency, named=True)} gross"
    )
    return records(rows, caption=caption, limit=MOST_LINES) or said(f"{caption}.")


def _same(row: Mapping[str, Any]) -> object:
    return row["order_line_id"] or row["delivery_line_id"] or row["contract_line_id"] or row["product_id"]


def _controls(shown: Xray) -> Iterator[str]:
    if shown.fired is None:
        yield warning(NO_FINDINGS)
        return
    found = [each for each in shown.fired if each.is_finding]
    kept = [each for each in shown.fired if not each.is_finding]
    yield records([_finding(each, shown) for each in found]) or said("No control found anything on this document.")
    if kept:
        yield records([_finding(each, shown) for each in kept], caption="Looked at and explained")


def _finding(each: Fired, shown: Xray) -> dict[str, object]:
    row = each.row
    numbers = {line.row["invoice_line_id"]: line.row["line_number"] for line in shown.lines}
    weighed = shown.bridge.by_finding.get(row["finding_id"])
    counts = None
    if weighed is not None:
        counts = str(Amount(weighed.amount, shown.facts.currency)) if weighed.why == COUNTED else weighed.why
    code, currency = row["suppressed_by"], row["currency"]
    evidence = "; ".join(f"{table} {_keys(found)}" for table, found in each.keys.items())
    meaning = each.control.suppressions.get(code, "") if each.control and code else ""
    return {
        "control": [f"{row['control_id']}, {row['severity']}", each.title],
        "on": _lines_named([numbers[key] for key in each.lines if key in numbers])
        or (
            "document" if row["subject_id"] == shown.facts.invoice_id else f"{row['subject_table']} {row['subject_id']}"
        ),
        "reason, and what it rests on": [row["reason"], f"[{evidence}]"],
        "explained by": f"{code}: {meaning}".rstrip(": ") if code else None,
        "expected": Amount(row["expected_amount"], currency, named=True),
        "billed": Amount(row["billed_amount"], currency, named=True),
        "impact": Amount(row["impact_amount"], currency, named=True),
        "in the bridge": counts,
    }


def _lines_named(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    shown = ", ".join(str(number) for number in sorted(numbers)[:MOST_KEYS])
    return f"{'line' if len(numbers) == 1 else 'lines'} {shown}{' ...' if len(numbers) > MOST_KEYS else ''}"


def _keys(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_KEYS:,} more" if len(found) > MOST_KEYS else ""
    return ", ".join(found[:MOST_KEYS]) + more


def _bridge(made: Bridge) -> Iterator[str]:
    picture = made.waterfall
    yield said(
        f"Net amounts in {picture.currency}. A finding that says a line is not owed takes the whole line; else the "
        "largest of each direction counts on a line, and those within it are not added again."
    )
    yield staircase(picture.steps, picture.currency, picture.title)
    rows = [
        {
            "step": step.words,
            f"amount ({picture.currency})": None if step.is_total else Amount(step.amount, picture.currency),
            "stands at": Amount(step.after, picture.currency),
        }
        for step in picture.steps
    ]
    yield records(rows)
    beside = [f"{each.fired.row['control_id']} ({each.why})" for each in made.beside if each.fired.row["impact_amount"]]
    if beside:
        yield said(f"Not added: {'; '.join(beside[:12])}{' ...' if len(beside) > 12 else ''}.")


def _approvals(shown: Xray) -> str:
    currency = shown.facts.currency
    return records(
        [
            {
                "what": each.what,
                "amount": Amount(each.amount, currency, named=True),
                "entered": [each.entered_by, each.entered_at],
                "approved": [each.approved_by, each.approved_at] if each.approved_by else None,
                "limit": Amount(each.limit, currency, named=True),
                "which means": each.said,
            }
            for each in shown.approvals
        ]
    )


def _balances(shown: Xray) -> Iterator[str]:
    if not shown.balances:
        yield said(f"A document that is {shown.facts.document['status']} is no open item.")
        return
    currency = shown.facts.currency
    yield records(
        [
            {
                "on": each.words,
                "gross": Amount(each.gross, currency),
                "applied": Amount(each.applied, currency),
                "discounts": Amount(each.discounts, currency),
                "adjusted": Amount(each.adjusted, currency),
                f"open ({currency})": Amount(each.open, currency),
            }
            for each in shown.balances
        ]
    )
    left_out = len(shown.facts.parts["applications"]) - len(shown.facts.counted)
    if left_out:
        yield said(f"{left_out:,} applications do not count: their receipt bounced, or a document of theirs is void.")


def _named(name: str | None, key: str | None) -> str:
    return f"{name} ({key})" if name else str(key)
