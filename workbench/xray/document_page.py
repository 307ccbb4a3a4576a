"""The page of a document's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.language import counted, mark, say
from workbench.markup import Amount
from workbench.settlement.codes import in_words, sense
from workbench.xray.bridge import COUNTED, Bridge
from workbench.xray.events import Event
from workbench.xray.facts import VOID
from workbench.xray.fired import Fired
from workbench.xray.layout import facts_list, heading, parts, records, said, section, small, tiles, warning
from workbench.xray.place_page import place_html
from workbench.xray.staircase import staircase
from workbench.xray.timeline import timeline
from workbench.xray.view import Xray

# Beyond this the page would be heavier than it is useful: the rest is in the object.
MOST_LINES = 250
MOST_KEYS = 4
NO_FINDINGS = mark(
    "No findings were given, so no control speaks here and the steps below are differences from the agreed prices. "
    "Run the controls and give them: wb.xray(snapshot, document, wb.run(snapshot))."
)


def document_html(shown: Xray) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    around = say("What happened around {title}", title=shown.title)
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section(say("What happened"), timeline(shown.events, around), _events(shown))
        + section(say("Lines"), _lines(shown), _credited(shown))
        + section(say("What the controls say"), *_controls(shown))
        + section(say("Expected against billed"), *_bridge(shown.bridge))
        + section(say("Who entered and approved"), _approvals(shown))
        + section(say("Open balance"), *_balances(shown))
        + section(say("Next and previous finding"), place_html(shown.place))
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
        (sense(mark("Net#document")), Amount(row["net_amount"], currency), currency),
        (say("Tax"), Amount(row["tax_amount"], currency), currency),
        (sense(mark("Gross#document")), Amount(row["gross_amount"], currency), currency),
        (
            say("Open today"),
            Amount(today.open, currency) if today else None,
            currency if today else say("no open item"),
        ),
    ]
    if shown.fired is not None:
        kept = len(shown.fired) - found
        words = say("{count} looked at and explained", count=kept) if kept else say("nothing suppressed")
        figures.append((say("Findings"), str(found), words))
    under = parts(say("to {customer} from {entity}"), customer=of, entity=by)
    return (
        heading(shown.title, under, _signs(shown))
        + "".join(warning(text) for text in _warnings(shown))
        + tiles(figures)
        + facts_list(_facts(shown))
    )


def _signs(shown: Xray) -> Iterator[str]:
    row = shown.facts.document
    if row["status"] != "issued":
        yield in_words(row["status"])
    if row["is_cancelled_pair"]:
        yield say("half of a cancelled pair")


def _warnings(shown: Xray) -> Iterator[str]:
    facts, row = shown.facts, shown.facts.document
    if shown.missing:
        yield say("Not in this snapshot, so not shown: {tables}.", tables=", ".join(shown.missing))
    if row["status"] in VOID:
        yield say("This document is {state}: it is owed by nobody and is no open item.", state=in_words(row["status"]))
    if row["is_cancelled_pair"] and facts.is_credit:
        yield say("It cancels {document} in full: neither counts as billed.", document=row["original_invoice_id"])
    elif row["is_cancelled_pair"]:
        by = next((each["invoice_id"] for each in facts.parts["credits"] if each["reason_code"] == "cancel"), "")
        yield say("It is cancelled in full by credit memo {document}: neither counts as billed.", document=by)
    if facts.is_credit and row["original_invoice_id"] and facts.original is None:
        yield say("It credits {document}, which is not in this snapshot.", document=row["original_invoice_id"])


def _facts(shown: Xray) -> list[tuple[str, object]]:
    facts, row = shown.facts, shown.facts.document
    customer = next(iter(facts.parts["customers"]), {})
    period = say("{first} to {last} (not with it)", first=row["period_from"], last=row["period_to"])
    return [
        (say("Dated"), row["invoice_date"]),
        (say("In the books"), row["posted_on"] or say("no posted_on: as dated")),
        (sense(mark("Due#day")), row["due_date"]),
        (say("Service period"), period if row["period_from"] else None),
        (say("Status"), in_words(row["status"])),
        (say("Origin"), in_words(row["origin"])),
        (say("Reason"), row["reason_code"]),
        (say("Corrects"), row["original_invoice_id"]),
        (say("Order"), row["order_id"]),
        (say("Contract"), row["contract_id"]),
        (say("Purchase order"), row["purchase_order"]),
        (say("Customer is"), in_words(customer.get("status"))),
        (sense(mark("Segment#customer")), customer.get("segment")),
    ]


def _events(shown: Xray) -> str:
    rows = [_event(event) for event in shown.events]
    caption = counted(len(rows), "{count} event in order of date", "{count} events in order of date")
    return records(rows, caption=caption)


def _event(event: Event) -> dict[str, object]:
    return {
        mark("dated"): event.on,
        mark("in the books"): event.known_on,
        mark("what"): say(event.kind),
        mark("key"): event.key,
        mark("said"): event.words,
        mark("until"): event.until,
        mark("amount"): Amount(event.amount, event.currency, named=True) if event.amount is not None else None,
    }


def _lines(shown: Xray) -> str:
    chosen = list(shown.lines)
    note = ""
    if len(chosen) > MOST_LINES:
        chosen = sorted(chosen, key=lambda line: not any(each.is_finding for each in line.fired))[:MOST_LINES]
        chosen.sort(key=lambda line: (not line.fired, line.row["line_number"]))
        note = say(
            "{shown} of {all} lines are shown, those that controls fired on first; all of them are in .lines.",
            shown=f"{MOST_LINES:,}", all=f"{len(shown.lines):,}",
        )  # fmt: skip
    elif not chosen:
        note = say("It has no lines.")
    caption = counted(
        len(shown.lines), "{count} line, amounts in {currency}", "{count} lines, amounts in {currency}",
        currency=shown.facts.currency,
    )  # fmt: skip
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
                mark("line"): str(row["line_number"]),
                mark("what"): facts.products.get(row["product_id"]) or row["description"] or row["product_id"],
                mark("billed#quantity"): row["quantity"],
                mark("net billed"): Amount(row["net_amount"], currency),
                mark("credited here"): sum((each["quantity"] for each in mine), Decimal(0)) if mine else None,
                mark("net credited here"): Amount(
                    sum((each["net_amount"] for each in mine), Decimal(0)), facts.currency
                )
                if mine
                else None,
            }
        )
    named = {
        "number": original["invoice_number"],
        "key": original["invoice_id"],
        "day": original["invoice_date"],
        "amount": Amount(original["gross_amount"], currency, named=True),
    }
    caption = say("It credits {number} ({key}) of {day}, {amount} gross", **named)
    return records(rows, caption=caption, limit=MOST_LINES) or said(
        say("It credits {number} ({key}) of {day}, {amount} gross.", **named)
    )


def _same(row: Mapping[str, Any]) -> object:
    return row["order_line_id"] or row["delivery_line_id"] or row["contract_line_id"] or row["product_id"]


def _controls(shown: Xray) -> Iterator[str]:
    if shown.fired is None:
        yield warning(say(NO_FINDINGS))
        return
    found = [each for each in shown.fired if each.is_finding]
    kept = [each for each in shown.fired if not each.is_finding]
    nothing = said(say("No control found anything on this document."))
    yield records([_finding(each, shown) for each in found]) or nothing
    if kept:
        yield records([_finding(each, shown) for each in kept], caption=say("Looked at and explained"))


def _finding(each: Fired, shown: Xray) -> dict[str, object]:
    row = each.row
    numbers = {line.row["invoice_line_id"]: line.row["line_number"] for line in shown.lines}
    weighed = shown.bridge.by_finding.get(row["finding_id"])
    counts = None
    if weighed is not None:
        counts = str(Amount(weighed.amount, shown.facts.currency)) if weighed.why == COUNTED else weighed.why
    currency = row["currency"]
    evidence = "; ".join(f"{table} {_keys(found)}" for table, found in each.keys.items())
    is_own = row["subject_id"] == shown.facts.invoice_id
    subject = say("document") if is_own else f"{row['subject_table']} {row['subject_id']}"
    return {
        mark("control"): [f"{row['control_id']}, {in_words(row['severity'])}", each.shown_title],
        mark("on#line"): _lines_named([numbers[key] for key in each.lines if key in numbers]) or subject,
        mark("reason, and what it rests on"): [row["reason"], f"[{evidence}]"],
        mark("explained by"): each.explained_by,
        mark("expected#amount"): Amount(row["expected_amount"], currency, named=True),
        mark("billed#amount"): Amount(row["billed_amount"], currency, named=True),
        mark("impact"): Amount(row["impact_amount"], currency, named=True),
        mark("in the bridge"): counts,
    }


def _lines_named(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    shown = ", ".join(str(number) for number in sorted(numbers)[:MOST_KEYS])
    if len(numbers) == 1:
        return say("line {number}", number=shown)
    return say("lines {numbers}", numbers=shown + (" ..." if len(numbers) > MOST_KEYS else ""))


def _keys(found: Sequence[str]) -> str:
    some = ", ".join(found[:MOST_KEYS])
    if len(found) <= MOST_KEYS:
        return some
    return say("{some} and {count} more", some=some, count=f"{len(found) - MOST_KEYS:,}")


def _bridge(made: Bridge) -> Iterator[str]:
    picture = made.waterfall
    amount = say("amount ({currency})", currency=picture.currency)
    yield said(
        say(
            "Net amounts in {currency}. A finding that says a line is not owed takes the whole line; else the largest "
            "of each direction counts on a line, and those within it are not added again.",
            currency=picture.currency,
        )
    )
    yield staircase(picture.steps, picture.currency, picture.title)
    rows = [
        {
            mark("step"): step.words,
            amount: None if step.is_total else Amount(step.amount, picture.currency),
            mark("stands at"): Amount(step.after, picture.currency),
        }
        for step in picture.steps
    ]
    yield records(rows)
    beside = [
        say("{control} ({why})", control=each.fired.row["control_id"], why=each.why)
        for each in made.beside
        if each.fired.row["impact_amount"]
    ]
    if beside:
        findings = say("; ").join(beside[:12]) + (" ..." if len(beside) > 12 else "")
        yield said(say("Not added: {findings}.", findings=findings))


def _approvals(shown: Xray) -> str:
    currency = shown.facts.currency
    return records(
        [
            {
                mark("what"): each.what,
                mark("amount"): Amount(each.amount, currency, named=True),
                mark("entered#who"): [each.entered_by, each.entered_at],
                mark("approved#who"): [each.approved_by, each.approved_at] if each.approved_by else None,
                mark("limit"): Amount(each.limit, currency, named=True),
                mark("which means"): each.said,
            }
            for each in shown.approvals
        ]
    )


def _balances(shown: Xray) -> Iterator[str]:
    if not shown.balances:
        state = in_words(shown.facts.document["status"])
        yield said(say("A document that is {state} is no open item.", state=state))
        return
    currency = shown.facts.currency
    left = say("open ({currency})", currency=currency)
    yield records(
        [
            {
                mark("on#day"): each.words,
                mark("gross"): Amount(each.gross, currency),
                mark("applied"): Amount(each.applied, currency),
                mark("discounts"): Amount(each.discounts, currency),
                mark("adjusted"): Amount(each.adjusted, currency),
                left: Amount(each.open, currency),
            }
            for each in shown.balances
        ]
    )
    left_out = len(shown.facts.parts["applications"]) - len(shown.facts.counted)
    if left_out:
        words = say(
            "{count} applications do not count: their receipt bounced, or a document of theirs is void.",
            count=f"{left_out:,}",
        )
        yield said(words)


def _named(name: str | None, key: str | None) -> str:
    return f"{name} ({key})" if name else str(key)
