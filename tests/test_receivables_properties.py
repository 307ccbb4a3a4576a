"""Random histories of receivables: what must hold whatever happened, on every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receivable_books import Books
from workbench.receivables import books as kept
from workbench.receivables.books import ask, asked
from workbench.receivables.identities import FAILS, INSTALMENTS
from workbench.receivables.items import OpenItems
from workbench.receivables.movement import AMOUNTS, MOVEMENTS

START = date(2025, 1, 1)
LAST = 120
Rows = dict[str, list[dict[str, Any]]]
TRIED = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
DAYS = st.integers(0, LAST)
CENTS = st.integers(1, 50_000)


def on(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()


def money(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


@cache
def shared() -> Books:
    return Books(Path(mkdtemp(prefix="receivables-")))


@st.composite
def histories(draw: st.DrawFn, late: bool = True) -> Rows:
    """Documents, money, applications, discounts, write-offs, reversals and the ledger that follows from them."""
    place = st.tuples(
        st.sampled_from(["E1", "E2"]), st.sampled_from(["C1", "C2", "C3"]), st.sampled_from(["SGD", "JPY"])
    )
    delay = st.integers(-3, 20) if late else st.just(0)
    rows: Rows = {
        name: [] for name in ("invoices", "receipts", "applications", "adjustments", "gl_lines", "instalments")
    }

    def dates(name: str) -> dict[str, str]:
        day = draw(DAYS)
        return {name: on(day), "posted_on": on(day + draw(delay))}

    for number in range(draw(st.integers(1, 7))):
        entity, customer, currency = draw(place)
        kind = draw(st.sampled_from(["invoice", "invoice", "debit_memo", "credit_memo"]))
        amount = draw(CENTS)
        when = dates("invoice_date")
        due = draw(st.one_of(st.none(), st.integers(-10, 200)))
        rows["invoices"].append(
            {
                "invoice_id": f"I{number}", "kind": kind, "entity_id": entity, "customer_id": customer,
                "currency": currency, **when, "due_date": None if due is None else on(due),
                "gross_amount": money(-amount if kind == "credit_memo" else amount),
                "status": draw(st.sampled_from(["issued"] * 6 + ["draft", "cancelled"])),
            }
        )  # fmt: skip
        if kind == "invoice" and draw(st.booleans()):
            for part in range(draw(st.integers(1, 3))):
                terms = {
                    "invoice_id": f"I{number}",
                    "part": part,
                    "due_date": on(draw(DAYS)),
                    "amount": money(draw(CENTS)),
                }
                rows["instalments"].append(terms)
    for number in range(draw(st.integers(0, 5))):
        entity, customer, currency = draw(place)
        rows["receipts"].append(
            {
                "receipt_id": f"R{number}", "entity_id": entity, "currency": currency, **dates("received_on"),
                "customer_id": draw(st.sampled_from([customer, customer, None])), "amount": money(draw(CENTS)),
                "status": draw(st.sampled_from(["applied", "unapplied", "on_account", "reversed"])),
            }
        )  # fmt: skip
    targets = [row for row in rows["invoices"] if row["kind"] != "credit_memo"]
    sources = [("receipt_id", row, row["receipt_id"]) for row in rows["receipts"]]
    sources += [
        ("credit_invoice_id", row, row["invoice_id"]) for row in rows["invoices"] if row["kind"] == "credit_memo"
    ]
    for number in range(draw(st.integers(0, 8)) if targets and sources else 0):
        column, _, key = draw(st.sampled_from(sources))
        target = draw(st.sampled_from(targets))
        rows["applications"].append(
            {
                "application_id": f"P{number}", column: key, "invoice_id": target["invoice_id"], **dates("applied_on"),
                "amount": money(draw(CENTS)), "discount_amount": draw(st.sampled_from([None, "0", "1.50"])),
            }
        )  # fmt: skip
    for number in range(draw(st.integers(0, 3))):
        target = draw(st.sampled_from(rows["invoices"]))
        kind = draw(st.sampled_from(["write_off", "billing_adjustment", "refund", "discount"]))
        amount = money(draw(CENTS) * (1 if kind == "refund" else -1))
        adjusted = {"adjustment_id": f"J{number}", "invoice_id": target["invoice_id"], "kind": kind, "amount": amount}
        rows["adjustments"].append({**adjusted, **dates("adjusted_on")})
    rows["gl_lines"] = ledger(rows)
    return rows


def ledger(rows: Rows) -> list[dict[str, Any]]:
    """The receivable lines that a ledger has of a history: each side of an application in its own account."""
    documents = {row["invoice_id"]: row for row in rows["invoices"]}
    receipts = {row["receipt_id"]: row for row in rows["receipts"]}
    lines = [(row, row["posted_on"], Decimal(row["gross_amount"])) for row in documents.values()]
    lines += [(row, row["posted_on"], -Decimal(row["amount"])) for row in receipts.values()]
    lines += [(documents[row["invoice_id"]], row["posted_on"], Decimal(row["amount"])) for row in rows["adjustments"]]
    for row in rows["applications"]:
        target = documents[row["invoice_id"]]
        source = receipts[row["receipt_id"]] if row.get("receipt_id") else documents[row["credit_invoice_id"]]
        if {target["status"], source["status"]} & {"draft", "cancelled", "reversed"}:
            continue
        amount, discount = Decimal(row["amount"]), Decimal(row["discount_amount"] or 0)
        lines.append((target, row["posted_on"], -amount - discount))
        lines.append((source, row["posted_on"], amount))
    return [
        {
            "gl_line_id": f"G{number}", "entity_id": owner["entity_id"], "account": "1200", "posted_on": posted_on,
            "account_kind": "receivable", "currency": owner["currency"], "amount": str(amount),
        }
        for number, (owner, posted_on, amount) in enumerate(lines)
        if owner["status"] not in {"draft", "cancelled", "reversed"}
    ]  # fmt: skip


def differing(rows: Rows) -> set[str]:
    """The issued invoices whose parts do not add up to what they are of."""
    parts: dict[str, Decimal] = {}
    for row in rows["instalments"]:
        parts[row["invoice_id"]] = parts.get(row["invoice_id"], Decimal(0)) + Decimal(row["amount"])
    return {
        row["invoice_id"]
        for row in rows["invoices"]
        if row["status"] == "issued"
        and parts.get(row["invoice_id"], Decimal(row["gross_amount"])) != Decimal(row["gross_amount"])
    }


def rows_of(found: OpenItems, leave: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [{name: row[name] for name in row if name not in leave} for row in found.items.to_pylist()]


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    yield
    shared().engine.close()
    # A worker may come back to this module for a test it took from another.
    shared.cache_clear()


@TRIED
@given(histories(), st.lists(st.integers(-5, LAST + 30), min_size=1, max_size=4), st.sampled_from(["known", "dated"]))
def test_every_identity_holds_on_every_day(rows: Rows, days: list[int], clock: str) -> None:
    found = shared().fill(**rows).ask(*map(day, days), clock=clock)
    failing = [identity.sentence for identity in found.identities if identity.state == FAILS]
    assert [sentence for sentence in failing if not sentence.startswith(INSTALMENTS)] == []
    assert any(INSTALMENTS in sentence for sentence in failing) == bool(differing(rows))


@TRIED
@given(histories(), st.integers(0, LAST), st.sampled_from(["known", "dated"]))
def test_nothing_after_the_day_changes_what_was_open(rows: Rows, number: int, clock: str) -> None:
    own = {
        "invoices": "invoice_date",
        "receipts": "received_on",
        "applications": "applied_on",
        "adjustments": "adjusted_on",
    }
    cut = {
        name: [row for row in rows[name] if row["posted_on" if clock == "known" else column] <= on(number)]
        for name, column in own.items()
    }
    whole = shared().fill(**rows).ask(day(number), clock=clock)
    kept_rows = {row["invoice_id"] for row in cut["invoices"]} | {row["receipt_id"] for row in cut["receipts"]}
    # What was set against a document before it was there needs the document to be named; so do the totals.
    cut["invoices"] += [row | {"gross_amount": "0"} for row in rows["invoices"] if row["invoice_id"] not in kept_rows]
    cut["receipts"] += [row | {"amount": "0"} for row in rows["receipts"] if row["receipt_id"] not in kept_rows]
    without = shared().fill(**cut, instalments=rows["instalments"]).ask(day(number), clock=clock)
    assert rows_of(without) == rows_of(whole)


@TRIED
@given(histories(late=False), st.integers(0, LAST + 20))
def test_both_clocks_agree_where_everything_was_posted_on_its_day(rows: Rows, number: int) -> None:
    books = shared().fill(**rows)
    assert rows_of(books.ask(day(number))) == rows_of(books.ask(day(number), clock="dated"))


@TRIED
@given(histories(), st.lists(st.integers(-5, LAST + 30), min_size=2, max_size=5, unique=True))
def test_days_asked_together_are_the_days_asked_alone_in_any_order(rows: Rows, days: list[int]) -> None:
    books = shared().fill(**rows)
    together = rows_of(books.ask(*map(day, days)))
    assert together == [row for number in sorted(days) for row in rows_of(books.ask(day(number)))]


@TRIED
@given(
    histories(),
    st.integers(0, LAST + 20),
    st.sampled_from(["due", "document"]),
    st.sampled_from([None, "7", "10,45,46"]),
)
def test_ageing_by_documents_customers_and_in_all_is_one_amount(
    rows: Rows, number: int, by: str, buckets: str | None
) -> None:
    found = shared().fill(**rows).ask(day(number), by=by, buckets=buckets)
    for currency in ("SGD", "JPY"):
        items = [row for row in found.items.to_pylist() if row["currency"] == currency]
        customers = [row for row in found.ageing(("currency", "customer_id")) if row["currency"] == currency]
        assert (
            sum(row["total"] for row in customers) == found.total(currency) == sum(row["open_amount"] for row in items)
        )
        for column in found.ask.columns:
            in_column = sum(row["open_amount"] for row in items if row["bucket"] == column)
            assert sum(row[column] for row in customers) == in_column


@TRIED
@given(histories(), st.integers(-5, LAST), st.integers(1, 60), st.sampled_from(["known", "dated"]))
def test_opening_and_movements_are_closing_for_every_account(rows: Rows, first: int, length: int, clock: str) -> None:
    engine = shared().fill(**rows).engine
    kept.make_open_items(engine, asked([day(first - 1), day(first + length - 1)], clock))
    found = ask(engine, "roll_forward", from_date=day(first), to_date=day(first + length), clock=clock).to_pylist()
    assert [row for row in found if row["difference"]] == []
    assert all(sum(row[name] for name in ("opening", *MOVEMENTS)) == row["closing"] for row in found)
    assert all(set(AMOUNTS) <= set(row) for row in found)


@TRIED
@given(histories(), st.integers(0, LAST + 20))
def test_every_open_item_is_what_its_own_rows_leave_of_it(rows: Rows, number: int) -> None:
    expected = by_hand(rows, on(number))
    found: dict[str, Decimal] = {}
    for row in shared().fill(**rows).ask(day(number)).items.to_pylist():
        found[row["item_id"]] = found.get(row["item_id"], Decimal(0)) + row["open_amount"]
    assert found == expected


def by_hand(rows: Rows, until: str) -> dict[str, Decimal]:
    """What is open of each item as known on a day, counted without a database."""
    void = {row["invoice_id"] for row in rows["invoices"] if row["status"] != "issued"}
    void |= {row["receipt_id"] for row in rows["receipts"] if row["status"] == "reversed"}
    moves: list[tuple[str, Decimal]] = []
    known = {name: [row for row in rows[name] if row["posted_on"] <= until] for name in rows if name != "instalments"}
    moves += [(row["invoice_id"], Decimal(row["gross_amount"])) for row in known["invoices"]]
    moves += [(row["receipt_id"], -Decimal(row["amount"])) for row in known["receipts"]]
    for row in known["applications"]:
        source = row.get("receipt_id") or row["credit_invoice_id"]
        if not {source, row["invoice_id"]} & void:
            moves.append((row["invoice_id"], -Decimal(row["amount"]) - Decimal(row["discount_amount"] or 0)))
            moves.append((source, Decimal(row["amount"])))
    moves += [(row["invoice_id"], Decimal(row["amount"])) for row in known["adjustments"]]
    found: dict[str, Decimal] = {}
    for item, amount in moves:
        if item not in void:
            found[item] = found.get(item, Decimal(0)) + amount
    return {item: amount for item, amount in found.items() if amount}


@TRIED
@given(histories(), st.integers(0, LAST + 20))
def test_what_is_open_of_parts_is_what_falls_due_last(rows: Rows, number: int) -> None:
    """Settled oldest first: the newest parts are open in full, at most one in part, and none before it."""
    apart = differing(rows)
    terms: dict[str, list[tuple[str, int, Decimal]]] = {}
    for row in rows["instalments"]:
        terms.setdefault(row["invoice_id"], []).append((row["due_date"], row["part"], Decimal(row["amount"])))
    found: dict[str, dict[int, Decimal]] = {}
    for row in shared().fill(**rows).ask(day(number)).items.to_pylist():
        if row["part"] is not None and row["item_id"] not in apart:
            found.setdefault(row["item_id"], {})[row["part"]] = row["open_amount"]
    for invoice, parts in found.items():
        left, expected = sum(parts.values(), Decimal(0)), {}
        # What was added to the invoice stands in its last part.
        beyond = max(Decimal(0), left - sum(amount for _, _, amount in terms[invoice]))
        for _, part, amount in sorted(terms[invoice], reverse=True):
            taken = min(left, amount + beyond)
            left, beyond = left - taken, Decimal(0)
            if taken:
                expected[part] = taken
        assert parts == expected
