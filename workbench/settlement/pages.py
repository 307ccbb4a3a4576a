"""The tables of settlements as people read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.language import mark, say
from workbench.markup import Amount, Shown, html_table
from workbench.settlement.codes import in_words, sense
from workbench.settlement.risk import FATES, HAPPENED, STOPPABLE, TO_COME, Risk, fate_of
from workbench.settlement.waterfall import moved_by_bank, total

MOST = 25
TOO_MUCH = {
    STOPPABLE: mark("Too much: can be stopped"),
    HAPPENED: mark("Too much: has happened"),
    TO_COME: mark("Too much: yet to come"),
}
TOO_LITTLE = {
    STOPPABLE: mark("Too little: can be stopped"),
    HAPPENED: mark("Too little: has happened"),
    TO_COME: mark("Too little: yet to come"),
}
RANKING = (
    mark("Partner"), mark("Currency"), mark("Findings"), mark("Controls"),
    *(TOO_MUCH[fate] for fate in FATES), *(TOO_LITTLE[fate] for fate in FATES), mark("Paid in doubt"),
)  # fmt: skip
BEHIND = (
    mark("Control"), mark("Subject"), mark("Currency"), mark("Amount"), mark("Money#fate"), mark("Date"),
    mark("Why#reason"), mark("Finding"),
)  # fmt: skip
LINES = (
    mark("Kind"), mark("Amount"), mark("Line"), mark("Order"), mark("Consignment"), mark("File"), mark("Row"),
)  # fmt: skip
THREE_WAYS = (
    mark("Partner"), mark("Currency"), mark("Settlements"), mark("Orders settled are worth"), mark("Sales settled"),
    mark("Net"), mark("Net paid"), mark("Moved by the bank"), mark("Paid less moved"), mark("Do not add up"),
)  # fmt: skip
ORDER_COLUMNS = (
    "partner_id", "order_id", "settlement_id", "status", "paid_on", "delivered_on", "currency", "ordered_amount",
    "sales", "refunds", "fees", "difference", "settlements",
)  # fmt: skip
FREIGHT_COLUMNS = (
    "partner_id", "settlement_line_id", "delivery_id", "shipped_on", "service_level", "origin_zone",
    "destination_zone", "weight_kg", "volume_m3", "chargeable_weight", "rate_id", "minimum_charge", "flat_price",
    "price_per_kg", "fuel_percent", "currency", "rated_amount", "charged_amount", "difference",
)  # fmt: skip
MONEY = {
    "ordered_amount", "sales", "refunds", "fees", "difference", "minimum_charge", "flat_price", "rated_amount",
    "charged_amount",
}  # fmt: skip

# Headings of columns that are in no canonical table.
HEADINGS = {
    "ordered_amount": mark("ordered amount"), "sales": mark("sales"), "refunds": mark("refunds"), "fees": mark("fees"),
    "difference": mark("difference"), "settlements": mark("settlements"),
    "chargeable_weight": mark("chargeable weight"), "rated_amount": mark("rated amount"),
    "charged_amount": mark("charged amount"),
}  # fmt: skip
# Columns whose codes are words for reading.
STATES = {"status"}


def ranking(partners: Sequence[Risk], as_of: date) -> Shown:
    """Partners by the money at risk with them."""
    rows = [
        (
            each.partner_name or each.partner_id or say("(no partner)"), each.currency, each.findings,
            ", ".join(each.controls), *(amount(each.over[fate], each.currency) for fate in FATES),
            *(amount(each.under[fate], each.currency) for fate in FATES), amount(each.at_risk, each.currency),
        )
        for each in partners
    ]  # fmt: skip
    caption = say("Money at risk per partner, as of {day}", day=as_of)
    return Shown(html_table(RANKING, rows, caption=caption, limit=MOST), caption)


def fates(partners: Sequence[Risk], as_of: date) -> Shown:
    """What can be stopped, what has happened and what is yet to come, both ways apart, a row per currency."""
    rows = [
        (
            currency,
            *(amount(total(each.over[fate] for each in own), currency) for fate in FATES),
            *(amount(total(each.under[fate] for each in own), currency) for fate in FATES),
            amount(total(each.at_risk for each in own), currency),
        )
        for currency in sorted({each.currency for each in partners})
        for own in ([each for each in partners if each.currency == currency],)
    ]
    caption = say("Loss that can still be stopped against loss that happened, as of {day}", day=as_of)
    head = (RANKING[1], *RANKING[4:])
    return Shown(html_table(head, rows, caption=caption), caption)


def behind(rows: Iterable[Mapping[str, Any]], payouts: Mapping[str, Mapping[str, Any]], partner: str) -> Shown:
    """Findings of one partner, the most money of each currency first."""
    ordered = sorted(rows, key=lambda row: (row["currency"] or "", -abs(row["impact_amount"] or 0), row["finding_id"]))
    cells = [
        (
            row["control_id"], f"{row['subject_table']} {row['subject_id']}", row["currency"] or "",
            amount(row["impact_amount"], row["currency"] or ""), say(fate_of(row, payouts)), row["event_date"],
            row["reason"], row["finding_id"],
        )
        for row in ordered
    ]  # fmt: skip
    caption = say("Findings behind the money at risk with no partner")
    if partner:
        caption = say("Findings behind the money at risk with {partner}", partner=partner)
    return Shown(
        html_table([sense(name) for name in BEHIND], cells, caption=caption, limit=MOST), f"{caption}: {len(cells):,}"
    )


def lines(rows: Iterable[Mapping[str, Any]], settlement_id: str, currency: str) -> Shown:
    """Source lines of one settlement, by kind."""
    cells = [
        (
            in_words(row["kind"]), Amount(row["amount"], currency), row["settlement_line_id"], row["order_id"] or "",
            row["delivery_id"] or "", row["_source"] or "", str(row["_row"] or ""),
        )
        for row in rows
    ]  # fmt: skip
    caption = say("Lines of {settlement}, in {currency}", settlement=settlement_id, currency=currency)
    return Shown(html_table(LINES, cells, caption=caption, limit=MOST * 4), f"{caption}: {len(cells):,}")


def three_ways(
    payouts: Iterable[Mapping[str, Any]],
    orders: Iterable[Mapping[str, Any]],
    open_ends: Collection[str],
    names: Mapping[str, str],
) -> Shown:
    """Orders, settlement and bank, a row per partner and currency; `open_ends` are settlements that do not add up."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in payouts:
        groups.setdefault((row["partner_id"], row["currency"]), []).append(row)
    worth: dict[str, Decimal] = {}
    for row in orders:
        if row["sales"] and row["ordered_amount"] is not None:
            worth[row["settlement_id"]] = worth.get(row["settlement_id"], Decimal(0)) + row["ordered_amount"]
    rows = []
    for (partner, currency), some in sorted(groups.items()):
        moved = total(moved_by_bank(row) for row in some)
        paid = total(row["net_amount"] for row in some if row["status"] == "paid")
        amounts = (
            total(worth.get(row["settlement_id"]) for row in some), total(row["sales"] for row in some),
            total(row["net_amount"] for row in some), paid, moved, paid - moved,
        )  # fmt: skip
        left = sum(row["settlement_id"] in open_ends for row in some)
        shown = (amount(each, currency) for each in amounts)
        rows.append((names.get(partner) or partner, currency, len(some), *shown, left or ""))
    caption = say("Orders, settlement and bank")
    return Shown(html_table(THREE_WAYS, rows, caption=caption, limit=MOST), caption)


def apart(rows: pa.Table, columns: Sequence[str], caption: str) -> Shown:
    """Some columns of rows that name their currency, money in its minor unit."""
    cells = [
        [
            amount(row[name], row["currency"])
            if name in MONEY
            else in_words(row[name])
            if name in STATES
            else row[name]
            for name in columns
        ]
        for row in rows.select(columns).to_pylist()
    ]
    head = [HEADINGS.get(name, name) for name in columns]
    return Shown(html_table(head, cells, caption=caption, limit=MOST), f"{caption}: {rows.num_rows:,}")


def amount(value: Decimal | None, currency: str) -> Amount | str:
    """An amount for a cell; nothing for nothing."""
    return Amount(value, currency) if value else ""
