"""The shared views: each holds the rows of its cases, and a change of its SQL fails one of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import QUICK, Case, engine_of, holding
from tests.mutants import mutants
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.settings import QUERIES

VIEWS = sorted((QUERIES / "2_canonical/views").glob("*.sql"))
CASES = Path(__file__).parent / "views"


def view_cases(name: str) -> list[tuple[Case, list[dict[str, Any]]]]:
    """The cases of a view, each with the rows that must come out."""
    document = yaml.load((CASES / f"{name}.yml").read_text(encoding="utf-8"), QUICK)
    assert document.pop("view") == name
    if name == "months":
        document = {"holds_every_month_once": {"given": {}, "rows": months_of_the_calendar()}}
    return [
        (Case(control=name, name=title, given=entry["given"], run={}, finds=[], suppresses=[]), entry["rows"])
        for title, entry in document.items()
    ]


def months_of_the_calendar() -> list[dict[str, date]]:
    """The oracle: the months of 1970 to 2099."""
    days = [date(1970 + number // 12, number % 12 + 1, 1) for number in range(12 * 130 + 1)]
    return [{"month_from": first, "month_to": after} for first, after in itertools.pairwise(days)]


def agrees(engine: DuckEngine, name: str, rows: list[dict[str, Any]]) -> bool:
    """Whether a view's rows are those named, in any order, as far as their columns are named."""
    found = engine.query(f'select * from "{name}"').to_pylist()
    if len(found) != len(rows):
        return False
    left = [{column: None if entry is None else str(entry) for column, entry in row.items()} for row in found]
    for row in rows:
        wanted = {column: None if entry is None else str(entry) for column, entry in row.items()}
        match = next((other for other in left if wanted.items() <= other.items()), None)
        if match is None:
            return False
        left.remove(match)
    return True


@pytest.mark.parametrize(
    ("case", "rows"),
    [pytest.param(*entry, id=f"{file.stem}-{entry[0].name}") for file in VIEWS for entry in view_cases(file.stem)],
)
def test_view_holds_the_rows_of_its_case(case: Case, rows: list[dict[str, Any]]) -> None:
    with holding(case) as engine:
        assert agrees(engine, case.control, rows), engine.query(f'select * from "{case.control}"').to_pylist()


@pytest.mark.parametrize("file", VIEWS, ids=lambda file: file.stem)
def test_a_change_of_a_view_fails_a_case(file: Path) -> None:
    metadata, sql = read_sql(file)
    name = metadata["view"]
    cases = [(engine_of(case), rows) for case, rows in view_cases(name)]
    try:
        survivors = [mutant.what for mutant in mutants(sql) if not view_notices(name, mutant.sql, cases)]
    finally:
        for engine, _ in cases:
            engine.close()
    assert not survivors, f"tests/views/{name}.yml: no case notices " + "; ".join(survivors)


def view_notices(name: str, sql: str, cases: list[tuple[DuckEngine, list[dict[str, Any]]]]) -> bool:
    """Whether some case tells a view's changed SQL; it goes to the front, likely to notice the next change too."""
    for place, (engine, rows) in enumerate(cases):
        try:
            engine.connection.execute(f'create or replace view "{name}" as {sql}')
            told = not agrees(engine, name, rows)
        except (duckdb.Error, WorkbenchError):
            told = True
        if told:
            cases.insert(0, cases.pop(place))
            return True
    return False


# The price list: the view against a reading of schema.yml row by row


DAYS = [date(2025, 1, day) for day in range(1, 8)]
PRICE = st.fixed_dictionaries(
    {
        "product_id": st.sampled_from(("P1", "P1", "P2")),
        "currency": st.sampled_from(("SGD", "SGD", "USD")),
        "customer_id": st.sampled_from((None, None, "C1")),
        "segment": st.sampled_from((None, "gold")),
        "min_quantity": st.sampled_from((None, 0, 5, 10)),
        "valid_from": st.sampled_from(DAYS),
        "valid_to": st.sampled_from([None, *DAYS]),
    }
)


def price_in_python(prices: list[dict[str, Any]], customer: str, segment: str | None, day: date, quantity: int) -> Any:
    """The oracle: customer, then segment, then neither; then the largest min_quantity reached; then the younger."""
    live = [
        (
            (price["customer_id"] is not None, price["segment"] is not None and price["customer_id"] is None),
            (price["min_quantity"] or 0, price["valid_from"], price["price_id"]),
        )
        for price in prices
        if price["product_id"] == "P1"
        and price["currency"] == "SGD"
        and (price["customer_id"] in (None, customer))
        and (price["customer_id"] is not None or price["segment"] in (None, segment))
        and price["valid_from"] <= day
        and (price["valid_to"] is None or day < price["valid_to"])
        and (price["min_quantity"] or 0) <= quantity
    ]
    return max(live)[1][2] if live else None


def price_by_view(rows: list[dict[str, Any]], customer: str, segment: str | None, day: date, quantity: int) -> Any:
    """What a reader of the view finds, one audience after the other; never two rows of one audience."""
    for audience in ((customer, None), (None, segment), (None, None)):
        if audience == (None, None) or any(audience):
            found = [
                row["price_id"]
                for row in rows
                if (row["product_id"], row["currency"]) == ("P1", "SGD")
                and (row["customer_id"], row["segment"]) == audience
                and row["in_force_from"] <= day
                and (row["in_force_to"] is None or day < row["in_force_to"])
                and row["from_quantity"] <= quantity
                and (row["to_quantity"] is None or quantity < row["to_quantity"])
            ]
            assert len(found) <= 1, f"{found} for {audience} on {day}"
            if found:
                return found[0]
    return None


@pytest.fixture(scope="module")
def price_engine() -> Iterator[DuckEngine]:
    engine = engine_of(Case("prices_in_force", "any list", {"price_list": []}, {}, [], []))
    yield engine
    engine.close()


@settings(max_examples=150, deadline=None)
@given(drawn=st.lists(PRICE, max_size=9))
def test_the_view_gives_the_price_of_the_precedence_for_every_day_and_quantity(
    price_engine: DuckEngine, drawn: list[dict[str, Any]]
) -> None:
    prices = [{"price_id": f"R{number}", "unit_price": 10, **price} for number, price in enumerate(drawn)]
    price_engine.connection.execute("truncate price_list")
    for price in prices:
        columns, marks = ", ".join(price), ", ".join("?" for _ in price)
        price_engine.connection.execute(f"insert into price_list ({columns}) values ({marks})", list(price.values()))
    rows = price_engine.query("select * from prices_in_force").to_pylist()
    for segment, day, quantity in itertools.product((None, "gold"), [*DAYS, date(2025, 2, 1)], (0, 4, 5, 9, 10, 11)):
        for customer in ("C1", "C2"):
            expected = price_in_python(prices, customer, segment, day, quantity)
            assert price_by_view(rows, customer, segment, day, quantity) == expected, (customer, segment, day, quantity)
