"""The page of a customer's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from workbench.language import counted, mark, say
from workbench.markup import Amount
from workbench.money import grouped
from workbench.receivables.items import wide
from workbench.settlement.codes import in_words
from workbench.xray.account import CustomerView, Exposure, Told
from workbench.xray.layout import QUIET, facts_list, heading, records, said, section, tiles, warning

MOST_ITEMS, MOST_MOVEMENTS, MOST_CASES, MOST_FAMILY = 40, 60, 15, 20
MONTHS = 13
BAR, LEFT, ROW = 620, 210, 24
# What each clock says of a day: beside a figure, over the ageing, over the statement.
CLOCKS = {"known": mark("as known"), "dated": mark("as dated")}
AGEING = {
    "known": mark("As known on {day}, days since the due date"),
    "dated": mark("As dated on {day}, days since the due date"),
}
ACCOUNT = {
    "known": mark("Account with {entity} in {currency}, as known up to {day}"),
    "dated": mark("Account with {entity} in {currency}, as dated up to {day}"),
}
FILLS = {"open": "#4c7fb8", "unbilled": "#c1671f", "undelivered": "#7a6ba8", "limit": "currentColor"}


def account_html(shown: CustomerView) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section(say("Open items and how old they are"), *_items(shown))
        + section(say("Exposure against the credit limit"), *_exposure(shown))
        + section(say("How it pays"), *_behaviour(shown))
        + section(say("What the controls say"), *_told(shown))
        + section(say("Statement"), *_statement(shown))
        + "</div>"
    )


def _head(shown: CustomerView) -> str:
    row = shown.master or {}
    entity = next(iter(shown.parts["entities"]), {})
    owner = next(iter(shown.parts["people"]), {})
    notes = []
    if shown.missing:
        notes.append(say("Not in this snapshot, so not shown: {tables}.", tables=", ".join(shown.missing)))
    if shown.master is None:
        notes.append(say("No master record has this id; only documents or receipts name it."))
    signs = [in_words(row["status"])] if row and row["status"] != "active" else []
    terms = row.get("payment_terms_days")
    said_of = [words for words in (entity.get("name"), row.get("country"), row.get("segment")) if words]
    return (
        heading(shown.title, said_of or (say("customer"),), signs)
        + "".join(warning(text) for text in notes)
        + tiles(_figures(shown))
        + facts_list(
            [
                (say("Status"), in_words(row.get("status"))),
                (say("Terms"), None if terms is None else say("{count} days", count=terms)),
                (say("Credit limit"), Amount(row.get("credit_limit"), row.get("currency"), named=True)),
                (say("Owner"), _named(owner.get("name"), row.get("owner"))),
                (say("Opened"), row.get("opened_on")),
                (say("Closed"), row.get("closed_on")),
                (say("Tax id"), row.get("tax_id")),
                (say("Tier"), row.get("tier")),
                (say("Parent"), _relatives(shown, "parent") or row.get("parent_id")),
                (say("Children"), _relatives(shown, "child")),
            ]
        )
    )


def _figures(shown: CustomerView) -> Iterator[tuple[str, object, str]]:
    open_on = say("Open on {day}", day=shown.as_of)
    for currency, rows in _per_currency(shown.items).items():
        late = sum((row["open_amount"] for row in rows if _is_overdue(row)), Decimal(0))
        total = sum((row["open_amount"] for row in rows), Decimal(0))
        words = counted(
            len(rows), "{currency}, {count} item; {late} overdue", "{currency}, {count} items; {late} overdue",
            currency=currency, late=grouped(late, currency),
        )  # fmt: skip
        yield open_on, Amount(total, currency), words
    if not shown.items:
        yield open_on, say("nothing"), say(CLOCKS[shown.clock])
    for each in shown.exposures:
        if each.room is not None:
            left, over = mark("{currency} left of the credit limit"), mark("{currency} over the credit limit")
            words = say(left if each.room >= 0 else over, currency=each.currency)
            yield say("Room"), Amount(abs(each.room), each.currency), words
    if shown.told is not None:
        found = f"{sum(each.findings for each in shown.told):,}"
        yield say("Findings"), found, say("as of {day}", day=shown.as_of)


def _items(shown: CustomerView) -> Iterator[str]:
    columns = shown.ask.columns
    rows = wide(_ageing(shown), ("entity_id", "currency"), columns)
    yield records(
        [
            {
                mark("entity"): row["entity_id"],
                mark("currency"): row["currency"],
                **{name: Amount(row[name] or None, row["currency"]) for name in columns},
                mark("open#amount"): Amount(row["total"], row["currency"]),
            }
            for row in rows
        ],
        caption=say(AGEING[shown.clock], day=shown.as_of),
    )
    yield records(
        [
            {
                mark("item"): in_words(row["item_kind"].replace("_", " ")),
                mark("key"): row["item_id"],
                mark("number"): row["item_number"],
                mark("dated"): row["document_date"],
                mark("due#day"): row["due_date"],
                mark("overdue"): say("{count} days", count=f"{row['days_overdue']:,}") if _is_overdue(row) else None,
                mark("original"): Amount(row["original_amount"], row["currency"], named=True),
                mark("open#amount"): Amount(row["open_amount"], row["currency"], named=True),
            }
            for row in shown.items
        ],
        caption=counted(len(shown.items), "{count} open item", "{count} open items"),
        limit=MOST_ITEMS,
    ) or said(say("Nothing is open."))


def _ageing(shown: CustomerView) -> Any:
    import pyarrow as pa

    fields = [("entity_id", pa.string()), ("currency", pa.string()), ("bucket", pa.string())]
    return pa.Table.from_pylist(shown.parts["ageing"], schema=pa.schema([*fields, ("amount", pa.decimal128(38, 4))]))


def _exposure(shown: CustomerView) -> Iterator[str]:
    if not shown.exposures:
        yield said(say("Nothing is open, unbilled or ordered."))
        return
    for each in shown.exposures:
        yield exposure_svg(each)
    yield records(
        [
            {
                mark("currency"): each.currency,
                mark("open invoices"): Amount(each.open, each.currency),
                mark("delivered, not billed"): Amount(each.unbilled, each.currency),
                mark("ordered, not delivered"): Amount(each.undelivered, each.currency),
                mark("exposure"): Amount(each.total, each.currency),
                mark("credit limit"): Amount(each.limit, each.currency),
                mark("room"): Amount(each.room, each.currency),
            }
            for each in shown.exposures
        ]
    )
    yield said(
        say("Open invoices are before credits and cash, as VAL-05 counts them; orders are as of the newest day.")
    )


def exposure_svg(each: Exposure) -> str:
    """The parts of an exposure side by side, and the limit as a line; the words below say the same."""
    parts = (("open", each.open), ("unbilled", each.unbilled), ("undelivered", each.undelivered))
    most = max(each.total, each.limit or Decimal(0), Decimal(1))
    x, bars = float(LEFT), []
    for name, amount in parts:
        wide_ = float(amount / most) * BAR
        if wide_:
            bars.append(f'<rect x="{x:.1f}" y="6" width="{wide_:.1f}" height="{ROW - 4}" fill="{FILLS[name]}"/>')
        x += wide_
    if each.limit is not None:
        at = LEFT + float(each.limit / most) * BAR
        bars.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{ROW + 8}" stroke="currentColor" stroke-width="3"/>')
    told = f"{each.currency} {grouped(each.total, each.currency)}"
    limit = say("no limit in this currency")
    if each.limit is not None:
        limit = say("limit {amount}", amount=grouped(each.limit, each.currency))
    label = escape(say("Exposure {amount}, {limit}", amount=told, limit=limit))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1080 {ROW + 12}" role="img" aria-label="{label}" '
        'style="width:100%;max-width:1080px" font-family="system-ui, sans-serif" font-size="13">'
        f'<text x="{LEFT - 10}" y="22" text-anchor="end" fill="currentColor">{escape(told)}</text>{"".join(bars)}'
        f'<text x="{LEFT + BAR + 12}" y="22" fill="currentColor">{escape(limit)}</text></svg>'
    )


def _behaviour(shown: CustomerView) -> Iterator[str]:
    paid = [
        {
            mark("month"): f"{row['month']:%Y-%m}",
            mark("currency"): row["currency"],
            mark("paid#amount"): Amount(row["amount"], row["currency"]),
            mark("days to pay"): _ratio(row["amount_days"], row["amount"]),
            mark("days past due"): _ratio(row["amount_days_late"], row["amount_due"]),
        }
        for rows in _per_currency(shown.parts["payments"]).values()
        for row in rows[:MONTHS]
    ]
    note = say("Payments applied, by month; days are from invoice and from due date, weighted by the money")
    yield records(paid, caption=note) or said(say("Nothing was paid."))
    yield from _promises(shown)
    cases = shown.parts["cases"]
    yield records(
        [
            {
                mark("case"): row["case_id"],
                mark("opened"): row["opened_at"],
                mark("resolved"): row["resolved_at"],
                mark("about"): row["invoice_id"],
                mark("category"): row["category"],
                mark("priority"): row["priority"],
                mark("status"): in_words(row["status"]),
                mark("disputed"): Amount(row["disputed_amount"], row["currency"], named=True),
            }
            for row in cases
        ],
        caption=counted(len(cases), "{count} case, the newest first", "{count} cases, the newest first"),
        limit=MOST_CASES,
    ) or said(say("No case was opened."))


def _promises(shown: CustomerView) -> Iterator[str]:
    promises = shown.parts["promises"]
    due = [row for row in promises if row["promised_for"] < shown.as_of]
    kept = [row for row in due if row["paid"] >= row["amount"]]
    if not promises:
        yield said(say("No promise to pay was made."))
        return
    yield records(
        [
            {
                mark("promise"): row["promise_id"],
                mark("invoice"): row["invoice_id"],
                mark("made#day"): row["promised_on"],
                mark("for#day"): row["promised_for"],
                mark("promised"): Amount(row["amount"], row["currency"], named=True),
                mark("paid by then"): Amount(row["paid"], row["currency"], named=True),
                mark("kept#whether"): _kept(row, row in due),
            }
            for row in promises
        ],
        caption=say("{kept} of {due} promises kept that were due", kept=f"{len(kept):,}", due=f"{len(due):,}"),
        limit=MOST_CASES,
    )


def _kept(row: Mapping[str, Any], is_due: bool) -> str:
    if row["paid"] >= row["amount"]:
        return say("kept")
    return say("broken") if is_due else say("not due yet")


def _told(shown: CustomerView) -> Iterator[str]:
    if shown.told is None:
        yield warning(say("No findings were given: wb.customer(snapshot, customer_id, wb.run(snapshot)) shows them."))
        return
    yield records(
        [_control(each) for each in shown.told],
        caption=say("By control and currency; over-billed and under-billed are never netted"),
    ) or said(say("No control found anything on this customer."))


def _control(each: Told) -> dict[str, object]:
    return {
        mark("control"): each.control_id,
        mark("question"): say(each.title) if each.title else "",
        mark("severity"): in_words(each.severity),
        mark("findings"): each.findings,
        mark("over-billed"): Amount(each.over or None, each.currency, named=True),
        mark("under-billed"): Amount(each.under or None, each.currency, named=True),
        mark("without an amount"): each.at_risk or None,
        mark("looked at and explained"): each.suppressed or None,
    }


def _statement(shown: CustomerView) -> Iterator[str]:
    for (entity, currency), rows in _accounts(shown.statement).items():
        told = rows if len(rows) <= MOST_MOVEMENTS else rows[-MOST_MOVEMENTS:]
        if len(told) < len(rows):
            words = say(
                "The newest {shown} of {all} movements; all of them are in .statement.",
                shown=f"{MOST_MOVEMENTS:,}", all=f"{len(rows):,}",
            )  # fmt: skip
            yield said(words)
        yield records(
            [
                {
                    mark("on#day"): row["moved_on"],
                    mark("what"): in_words(row["effect"].replace("_", " ")),
                    mark("number"): row["item_number"],
                    mark("key"): row["source_id"],
                    mark("amount"): Amount(row["amount"], currency),
                    mark("balance"): Amount(row["balance"], currency),
                }
                for row in told
            ],
            caption=say(ACCOUNT[shown.clock], entity=entity, currency=currency, day=shown.as_of),
        )
    if not shown.statement:
        words = say("Nothing ever moved this account.")
        yield f'<p style="{QUIET}">{escape(words)}</p>'


def _accounts(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["entity_id"], row["currency"]), []).append(row)
    return found


def _per_currency(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["currency"], []).append(row)
    return found


def _is_overdue(row: Mapping[str, Any]) -> bool:
    return bool(row["days_overdue"] is not None and row["days_overdue"] > 0 and row["open_amount"] > 0)


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A weighted mean with one decimal; the one division, at the end."""
    return None if part is None or not whole else (part / whole).quantize(Decimal("0.1"))


def _relatives(shown: CustomerView, relation: str) -> str:
    some = [row for row in shown.parts["family"] if row["relation"] == relation]
    told = say("; ").join(f"{row['name']} ({row['customer_id']})" for row in some[:MOST_FAMILY])
    if len(some) <= MOST_FAMILY:
        return told
    return say("{some} and {count} more", some=told, count=f"{len(some) - MOST_FAMILY:,}")


def _named(name: str | None, key: str | None) -> str | None:
    return f"{name} ({key})" if name and key else key
