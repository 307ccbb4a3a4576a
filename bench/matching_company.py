"""A labelled payment file: receipts and open invoices of which the one true answer is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.matching.items import Sides, as_money

Array = np.ndarray[Any, np.dtype[Any]]
# Kinds of payment in thousandths: (share, receipts, fewest and most invoices, what the text says).
KINDS = {
    "named": (530, 1, 1, 1, "number"),
    "unnamed": (130, 1, 1, 1, "none"),
    "typo": (60, 1, 1, 1, "typo"),
    "digits": (50, 1, 1, 1, "digits"),
    "batch_named": (60, 1, 2, 6, "number"),
    "batch_unnamed": (45, 1, 2, 4, "none"),
    "parts_named": (15, 2, 1, 1, "number"),
    "parts_unnamed": (5, 2, 1, 1, "none"),
    "parent_named": (12, 1, 1, 1, "number"),
    "parent_unnamed": (8, 1, 1, 1, "none"),
    "discount_named": (15, 1, 1, 1, "number"),
    "discount_unnamed": (5, 1, 1, 1, "none"),
    "short_named": (12, 1, 1, 1, "number"),
    "netted_named": (8, 1, 2, 3, "number"),
    "netted_unnamed": (5, 1, 2, 3, "none"),
    "without_customer": (10, 1, 1, 1, "number"),
    "junk": (20, 1, 0, 0, "none"),
    "paid_before": (10, 1, 0, 0, "closed"),
}
TEXT = """
with named as (
    select
        event,
        replace(
            string_agg(number, ', ' order by item),
            ', ',
            case event % 3 when 0 then ' ' when 1 then ', ' else ' + ' end
        ) as number
    from invoice where event is not null group by event
),
said as (
    select
        receipt.*, names.says,
        case names.says
            when 'closed' then 'INV-2024-' || lpad((receipt.receipt % 50000)::varchar, 7, '0')
            else named.number
        end as number
    from receipt
    inner join names on receipt.kind = names.kind
    left join named on receipt.event = named.event
),
typed as (
    select *, length(number) - 1 - receipt % 5 as place from said
)
select
    'R' || lpad(receipt::varchar, 8, '0') as id,
    'E1' as entity,
    case when customer >= 0 then 'C' || customer end as "group",
    currency,
    case says
        when 'none' then case when receipt % 2 = 1 then 'transfer of ' || (receipt % 28 + 1)::varchar || ' March' end
        when 'digits' then substr(number, 5)
        when 'typo' then case receipt % 3
            when 0 then
                substr(number, 1, place - 1)
                || ((substr(number, place, 1)::int + 1 + receipt % 8) % 10)::varchar
                || substr(number, place + 1)
            when 1 then
                substr(number, 1, place - 1)
                || substr(number, place + 1, 1) || substr(number, place, 1)
                || substr(number, place + 2)
            else substr(number, 1, place - 1) || substr(number, place + 1)
        end
        else case receipt % 8
            when 0 then 'Payment ' || number || ' thank you'
            when 1 then lower(replace(number, '-', ' '))
            when 2 then replace(number, 'INV-2025-00', 'INV 2025/')
            when 3 then '発票 ' || number
            when 4 then replace(number, '-', '')
            else number
        end
    end as said
from typed
order by receipt
"""


@dataclass(frozen=True)
class Labelled:
    """Two sides, and the truth: pairs of receipt and invoice (numbers of rows), and the kind of each receipt."""

    sides: Sides
    receipt: Array
    invoice: Array
    kind: Array


def labelled(receipts: int, invoices: int, customers: int, seed: int = 1) -> Labelled:
    """About so many receipts and open invoices of so many customers; the same seed gives the same file."""
    chance = np.random.default_rng(seed)
    names = list(KINDS)
    shares = np.array([KINDS[name][0] for name in names], float)
    per_event = np.array([KINDS[name][1] for name in names])
    events = int(receipts * shares.sum() / (shares * per_event).sum())
    kind = chance.choice(len(names), events, p=shares / shares.sum())
    low, high = (np.array([KINDS[name][place] for name in names])[kind] for place in (2, 3))
    items = low + (chance.random(events) * (high - low + 1)).astype(np.int64)
    owner = chance.integers(0, customers, events)
    filler = max(0, invoices - int(items.sum()))
    event = np.concatenate([np.repeat(np.arange(events), items), np.full(filler, -1)])
    customer = np.concatenate([np.repeat(owner, items), chance.integers(0, customers, filler)])
    amount = np.floor(np.exp(chance.normal(6.5, 1.4, len(event))) * 100).astype(np.int64) + 500
    # One customer in ten is billed the same amount every month.
    amount[customer % 10 == 3] = 10000 + customer[customer % 10 == 3] * 37
    netted = np.isin(kind, [names.index("netted_named"), names.index("netted_unnamed")])
    first = np.concatenate([[0], np.cumsum(items)[:-1]])[netted]
    amount[first] = -(amount[first + 1] // 3)
    return _made(chance, names, kind, owner, event, customer, amount)


def _made(
    chance: np.random.Generator,
    names: list[str],
    kind: Array,
    owner: Array,
    event: Array,
    customer: Array,
    amount: Array,
) -> Labelled:
    events = len(kind)
    paid = np.zeros(events, np.int64)
    np.add.at(paid, event[event >= 0], amount[event >= 0])
    discount = np.where(customer % 4 == 0, (amount * 2 + 50) // 100, 0) * (amount > 0)
    off = np.zeros(events, np.int64)
    is_kind = {name: kind == place for place, name in enumerate(names)}
    discounted = is_kind["discount_named"] | is_kind["discount_unnamed"]
    single = event[event >= 0]
    np.add.at(off, single, np.where(discounted[single], (amount[event >= 0] * 2 + 50) // 100, 0))
    discount = np.where((event >= 0) & discounted[event], (amount * 2 + 50) // 100, discount)
    short = is_kind["short_named"]
    off[short] = np.minimum(1 + chance.integers(0, 400, short.sum()), paid[short] // 100)
    junk = is_kind["junk"] | is_kind["paid_before"]
    paid[junk] = chance.integers(1000, 2_000_000, junk.sum())
    payer = np.where(is_kind["parent_named"] | is_kind["parent_unnamed"], owner // 20 * 20 + 10**7, owner)
    payer[is_kind["without_customer"]] = -1
    parts = np.array([KINDS[name][1] for name in names])[kind]
    of = np.repeat(np.arange(events), parts)
    money = (paid - off)[of]
    halves = parts[of] == 2
    second = np.r_[False, of[1:] == of[:-1]]
    share = (paid[of] * (3 + of % 5)) // 11
    money = np.where(halves & second, money - share, np.where(halves, share, money))
    left, right = chance.permutation(len(of)), chance.permutation(len(event))
    mine, its = of[left], event[right]
    made = _Rows(
        names, kind, mine, owner[mine], payer[mine], money[left], its, customer[right], amount[right], discount[right]
    )
    return made.as_labelled()


@dataclass(frozen=True)
class _Rows:
    names: list[str]
    kind: Array
    of: Array
    owner: Array
    payer: Array
    money: Array
    event: Array
    customer: Array
    amount: Array
    discount: Array

    def as_labelled(self) -> Labelled:
        names = np.array(self.names)
        tables = {
            "receipt": pa.table({
                "receipt": np.arange(len(self.of)), "event": self.of, "customer": self.payer,
                "currency": currency_of(self.owner), "kind": names[self.kind[self.of]],
            }),
            "invoice": pa.table({
                "item": np.arange(len(self.event)),
                "event": pa.array(self.event, mask=self.event < 0),
                "number": _numbers(len(self.event)),
            }),
            "names": pa.table({"kind": self.names, "says": [KINDS[name][4] for name in self.names]}),
        }  # fmt: skip
        with duckdb.connect() as connection:
            for name, table in tables.items():
                connection.register(name, table)
            said = connection.sql(TEXT).to_arrow_table()
        left = pa.table({
            "id": said["id"], "entity": said["entity"], "group": said["group"], "currency": said["currency"],
            "amount": _money(self.money), "day": _days(self.of % 28), "references": _lists(said["said"]),
        })  # fmt: skip
        count = len(self.event)
        right = pa.table({
            "id": [f"I{item:08d}" for item in range(count)], "entity": pa.repeat("E1", count),
            "group": [f"C{name}" for name in self.customer.tolist()],
            "currency": currency_of(self.customer), "amount": _money(self.amount),
            "day": _days(self.customer % 28 - 40), "references": _lists(tables["invoice"]["number"]),
            "discount": _money(self.discount), "discount_until": _days(np.full(count, 40)),
        })  # fmt: skip
        owners = np.unique(self.customer)
        payers = pa.table({
            "group": [f"C{name}" for name in owners.tolist()],
            "payer": [f"C{name // 20 * 20 + 10**7}" for name in owners.tolist()],
        })  # fmt: skip
        order = np.argsort(self.event, kind="stable")
        start = np.searchsorted(self.event[order], self.of)
        size = np.searchsorted(self.event[order], self.of, "right") - start
        receipt = np.repeat(np.arange(len(self.of)), size)
        step = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        return Labelled(
            Sides(left, right, payers), receipt, order[np.repeat(start, size) + step], names[self.kind[self.of]]
        )


def currency_of(customer: Array) -> Array:
    return np.asarray(np.array(["SGD", "EUR", "USD"])[customer // 20 % 3])


def _numbers(count: int) -> pa.Array:
    return pa.array([f"INV-2025-{item + 100000:07d}" for item in range(count)])


def _money(cents: Array) -> pa.Array:
    return as_money(cents * 100)


def _days(after: Array) -> pa.Array:
    return pa.array((after + (date(2025, 3, 1) - date(1970, 1, 1)).days).astype(np.int32)).cast(pa.date32())


def _lists(texts: pa.ChunkedArray) -> pa.Array:
    values = texts.combine_chunks()
    values = values.cast(pa.large_string())
    return pa.ListArray.from_arrays(pa.array(np.arange(len(values) + 1, dtype=np.int32)), values)
