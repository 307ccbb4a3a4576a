"""The page of a customer's x-ray."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

from workbench.markup import Amount
from workbench.money import grouped
from workbench.receivables.items import wide
from workbench.xray.account import CustomerView, Exposure, Told
from workbench.xray.layout import QUIET, counted, facts_list, heading, records, said, section, tiles, warning

MOST_ITEMS, MOST_MOVEMENTS, MOST_CASES, MOST_FAMILY = 40, 60, 15, 20
MONTHS = 13
BAR, LEFT, ROW = 620, 210, 24
FILLS = {"open": "#4c7fb8", "unbilled": "#c1671f", "undelivered": "#7a6ba8", "limit": "currentColor"}


def account_html(shown: CustomerView) -> str:
    """The x-ray as one fragment of HTML, every text escaped."""
    return (
        '<div class="workbench-xray">'
        + _head(shown)
        + section("Open items and how old they are", *_items(shown))
        + section("Exposure against the credit limit", *_exposure(shown))
        + section("How it pays", *_behaviour(shown))
        + section("What the controls say", *_told(shown))
        + section("Statement", *_statement(shown))
        + "</div>"
    )


def _head(shown: CustomerView) -> str:
    row = shown.master or {}
    entity = next(iter(shown.parts["entities"]), {})
    owner = next(iter(shown.parts["people"]), {})
    lacking = f"Not in this snapshot, so not shown: {', '.join(shown.missing)}." if shown.missing else ""
    notes = [lacking] if lacking else []
    if shown.master is None:
        notes.append("No master record has this id; only documents or receipts name it.")
    signs = [row["status"]] if row and row["status"] != "active" else []
    terms = row.get("payment_terms_days")
    said_of = [words for words in (entity.get("name"), row.get("country"), row.get("segment")) if words]
    return (
        heading(shown.title, said_of or ("customer",), signs)
        + "".join(warning(text) for text in notes)
        + tiles(_figures(shown))
        + facts_list(
            [
                ("Status", row.get("status")),
                ("Terms", None if terms is None else f"{terms} days"),
                ("Credit limit", Amount(row.get("credit_limit"), row.get("currency"), named=True)),
                ("Owner", _named(owner.get("name"), row.get("owner"))),
                ("Opened", row.get("opened_on")),
                ("Closed", row.get("closed_on")),
                ("Tax id", row.get("tax_id")),
                ("Tier", row.get("tier")),
                ("Parent", _relatives(shown, "parent") or row.get("parent_id")),
                ("Children", _relatives(shown, "child")),
            ]
        )
    )


def _figures(shown: CustomerView) -> Iterator[tuple[str, object, str]]:
    for currency, rows in _per_currency(shown.items).items():
        late = sum((row["open_amount"] for row in rows if _is_overdue(row)), Decimal(0))
        total = sum((row["open_amount"] for row in rows), Decimal(0))
        words = f"{currency}, {counted(len(rows), 'item')}; {grouped(late, currency)} overdue"
        yield f"Open on {shown.as_of}", Amount(total, currency), words
    if not shown.items:
        yield f"Open on {shown.as_of}", "nothing", f"as {shown.clock}"
    for each in shown.exposures:
        if each.room is not None:
            state = "left of the credit limit" if each.room >= 0 else "over the credit limit"
            yield "Room", Amount(abs(each.room), each.currency), f"{each.currency} {state}"
    if shown.told is not None:
        yield "Findings", f"{sum(each.findings for each in shown.told):,}", f"as of {shown.as_of}"


def _items(shown: CustomerView) -> Iterator[str]:
    columns = shown.ask.columns
    rows = wide(_ageing(shown), ("entity_id", "currency"), columns)
    yield records(
        [
            {
                "entity": row["entity_id"],
                "currency": row["currency"],
                **{name: Amount(row[name] or None, row["currency"]) for name in columns},
                "open": Amount(row["total"], row["currency"]),
            }
            for row in rows
        ],
        caption=f"As {shown.clock} on {shown.as_of}, days since the due date",
    )
    yield records(
        [
            {
                "item": row["item_kind"].replace("_", " "),
                "key": row["item_id"],
                "number": row["item_number"],
                "dated": row["document_date"],
                "due": row["due_date"],
                "overdue": f"{row['days_overdue']:,} days" if _is_overdue(row) else None,
                "original": Amount(row["original_amount"], row["currency"], named=True),
                "open": Amount(row["open_amount"], row["currency"], named=True),
            }
            for row in shown.items
        ],
        caption=counted(len(shown.items), "open item"),
        limit=MOST_ITEMS,
    ) or said("Nothing is open.")


def _ageing(shown: CustomerView) -> Any:
    import pyarrow as pa

    fields = [("entity_id", pa.string()), ("currency", pa.string()), ("bucket", pa.string())]
    return pa.Table.from_pylist(shown.parts["ageing"], schema=pa.schema([*fields, ("amount", pa.decimal128(38, 4))]))


def _exposure(shown: CustomerView) -> Iterator[str]:
    if not shown.exposures:
        yield said("Nothing is open, unbilled or ordered.")
        return
    for each in shown.exposures:
        yield exposure_svg(each)
    yield records(
        [
            {
                "currency": each.currency,
                "open invoices": Amount(each.open, each.currency),
                "delivered, not billed": Amount(each.unbilled, each.currency),
                "ordered, not delivered": Amount(each.undelivered, each.currency),
                "exposure": Amount(each.total, each.currency),
                "credit limit": Amount(each.limit, each.currency),
                "room": Amount(each.room, each.currency),
            }
            for each in shown.exposures
        ]
    )
    yield said("Open invoices are before credits and cash, as VAL-05 counts them; orders are as of the newest day.")


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
    limit = f"limit {grouped(each.limit, each.currency)}" if each.limit is not None else "no limit in this currency"
    label = escape(f"Exposure {told}, {limit}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1080 {ROW + 12}" role="img" aria-label="{label}" '
        'style="width:100%;max-width:1080px" font-family="system-ui, sans-serif" font-size="13">'
        f'<text x="{LEFT - 10}" y="22" text-anchor="end" fill="currentColor">{escape(told)}</text>{"".join(bars)}'
        f'<text x="{LEFT + BAR + 12}" y="22" fill="currentColor">{escape(limit)}</text></svg>'
    )


def _behaviour(shown: CustomerView) -> Iterator[str]:
    paid = [
        {
            "month": f"{row['month']:%Y-%m}",
            "currency": row["currency"],
            "paid": Amount(row["amount"], row["currency"]),
            "days to pay": _ratio(row["amount_days"], row["amount"]),
            "days past due": _ratio(row["amount_days_late"], row["amount_due"]),
        }
        for rows in _per_currency(shown.parts["payments"]).values()
        for row in rows[:MONTHS]
    ]
    note = "Payments applied, by month; days are from invoice and from due date, weighted by the money"
    yield records(paid, caption=note) or said("Nothing was paid.")
    yield from _promises(shown)
    cases = shown.parts["cases"]
    yield records(
        [
            {
                "case": row["case_id"],
                "opened": row["opened_at"],
                "resolved": row["resolved_at"],
                "about": row["invoice_id"],
                "category": row["category"],
                "priority": row["priority"],
                "status": row["status"],
                "disputed": Amount(row["disputed_amount"], row["currency"], named=True),
            }
            for row in cases
        ],
        caption=f"{counted(len(cases), 'case')}, the newest first" if cases else "",
        limit=MOST_CASES,
    ) or said("No case was opened.")


def _promises(shown: CustomerView) -> Iterator[str]:
    promises = shown.parts["promises"]
    due = [row for row in promises if row["promised_for"] < shown.as_of]
    kept = [row for row in due if row["paid"] >= row["amount"]]
    if not promises:
        yield said("No promise to pay was made.")
        return
    yield records(
        [
            {
                "promise": row["promise_id"],
                "invoice": row["invoice_id"],
                "made": row["promised_on"],
                "for": row["promised_for"],
                "promised": Amount(row["amount"], row["currency"], named=True),
                "paid by then": Amount(row["paid"], row["currency"], named=True),
                "kept": "kept" if row["paid"] >= row["amount"] else "broken" if row in due else "not due yet",
            }
            for row in promises
        ],
        caption=f"{len(kept):,} of {len(due):,} promises kept that were due",
        limit=MOST_CASES,
    )


def _told(shown: CustomerView) -> Iterator[str]:
    if shown.told is None:
        yield warning("No findings were given: wb.customer(snapshot, customer_id, wb.run(snapshot)) shows them.")
        return
    yield records(
        [_control(each) for each in shown.told],
        caption="By control and currency; over-billed and under-billed are never netted",
    ) or said("No control found anything on this customer.")


def _control(each: Told) -> dict[str, object]:
    return {
        "control": each.control_id,
        "question": each.title,
        "severity": each.severity,
        "findings": each.findings,
        "over-billed": Amount(each.over or None, each.currency, named=True),
        "under-billed": Amount(each.under or None, each.currency, named=True),
        "without an amount": each.at_risk or None,
        "looked at and explained": each.suppressed or None,
    }


def _statement(shown: CustomerView) -> Iterator[str]:
    for (entity, currency), rows in _accounts(shown.statement).items():
        told = rows if len(rows) <= MOST_MOVEMENTS else rows[-MOST_MOVEMENTS:]
        if len(told) < len(rows):
            yield said(f"The newest {MOST_MOVEMENTS:,} of {len(rows):,} movements; all of them are in .statement.")
        yield records(
            [
                {
                    "on": row["moved_on"],
                    "what": row["effect"].replace("_", " "),
                    "number": row["item_number"],
                    "key": row["source_id"],
                    "amount": Amount(row["amount"], currency),
                    "balance": Amount(row["balance"], currency),
                }
                for row in told
            ],
            caption=f"Account with {entity} in {currency}, as {shown.clock} up to {shown.as_of}",
        )
    if not shown.statement:
        yield f'<p style="{QUIET}">Nothing ever moved this account.</p>'


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
    told = "; ".join(f"{row['name']} ({row['customer_id']})" for row in some[:MOST_FAMILY])
    return told + (f" and {len(some) - MOST_FAMILY:,} more" if len(some) > MOST_FAMILY else "")


def _named(name: str | None, key: str | None) -> str | None:
    return f"{name} ({key})" if name and key else key
