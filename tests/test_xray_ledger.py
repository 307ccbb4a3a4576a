"""An account is the same whether it is looked up in the books or read from the copy laid out by customer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.engine.duck import DuckEngine
from workbench.snapshot import open_snapshot
from workbench.workspace import example_snapshot
from workbench.xray import Books
from workbench.xray.ledger import COPIED, Ledger

TABLES = (*COPIED, "account_orders", "account_movements")


@pytest.fixture(scope="module")
def ledgers() -> Iterator[tuple[Ledger, Ledger]]:
    with Books(open_snapshot(example_snapshot())) as books:
        copied = Ledger(books, large=0)
        copied.prepare()
        assert copied.wait(300), copied.problem
        yield Ledger(books), copied


def rows(engine: DuckEngine, name: str) -> list[str]:
    table = engine.query(f'select * from "{name}"')
    return sorted(str(sorted(row.items())) for row in table.to_pylist())


@pytest.mark.parametrize("customer", ["C000000", "C000013", "C000030", "C000151", "nobody"])
def test_both_ways_give_the_same_rows(ledgers: tuple[Ledger, Ledger], customer: str) -> None:
    looked_up, copied = ledgers
    assert (looked_up.is_ready, copied.is_ready) == (False, True)
    with looked_up.account(customer) as one, copied.account(customer) as other:
        for name in TABLES:
            assert rows(one, name) == rows(other, name), name
        assert bool(rows(one, "invoices")) == (customer != "nobody")


def test_small_books_are_not_copied(ledgers: tuple[Ledger, Ledger]) -> None:
    ledgers[0].prepare()
    assert not ledgers[0].wait(0)


def test_a_copy_that_is_begun_stops_when_the_books_are_closed() -> None:
    with Books(open_snapshot(example_snapshot())) as books:
        begun = Ledger(books, large=0)
        begun.prepare()
    assert begun.wait(30) or begun.problem == ""
