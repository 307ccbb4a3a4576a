"""Rating by packages, tiers and months: worked prices, the same steps in Python, and when there is no price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import Case, engine_of
from tests.mutants import mutants
from tests.test_shared_sql import value
from workbench.engine.duck import DuckEngine
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.settings import QUERIES

# Packages and tiers


@pytest.mark.parametrize(
    ("quantity", "size", "packages"),
    [
        ("0", "1000", "0"),
        ("0.000001", "1000", "1"),
        ("999.999999", "1000", "1"),
        ("1000", "1000", "1"),
        ("1000.000001", "1000", "2"),
        ("2500", "1000", "3"),
        ("-500", "1000", "0"),
        ("-1500", "1000", "-1"),
        ("-2000", "1000", "-2"),
        ("1", "0.3", "4"),
        ("0.9", "0.3", "3"),
        (None, "1000", "1"),
        (None, "0.5", "2"),
        ("10", "0", None),
        ("-10", "0", None),
        ("10", None, None),
        ("999999999999.999999", "1", "1000000000000"),
    ],
)
def test_started_packages(quantity: str | None, size: str | None, packages: str | None) -> None:
    found = value("packages(?::decimal(18, 6), ?::decimal(18, 6))", quantity, size)
    assert found == (None if packages is None else Decimal(packages))


@pytest.mark.parametrize(
    ("quantity", "base_quantity", "base_amount", "unit_price", "size", "expected"),
    [
        ("12", "0", "0", "2.5", None, "30"),
        ("12", "10", "100", "2.5", None, "105"),
        ("2500", "0", "0", "7", "1000", "21"),
        ("12", "10", None, "2.5", None, None),
        ("12", "0", "0", "2.5", "0", None),
    ],
)
def test_price_by_step(
    quantity: str, base_quantity: str, base_amount: str | None, unit_price: str, size: str | None, expected: str | None
) -> None:
    types = ("decimal(18, 6)", "decimal(18, 6)", "decimal(38, 14)", "decimal(18, 8)", "decimal(18, 6)")
    arguments = ", ".join(f"?::{name}" for name in types)
    found = value(f"price_by_step({arguments})", quantity, base_quantity, base_amount, unit_price, size)
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(
    ("tiers", "unit_price", "words"),
    [
        ("0", None, "no price tier holds it"),
        ("2", None, "more than one price tier holds it"),
        ("1", "5", "the price tiers below it have a gap or an overlap"),
        ("1", None, "no price is agreed"),
        (None, None, "no price is agreed"),
    ],
)
def test_why_there_is_no_price(tiers: str | None, unit_price: str | None, words: str) -> None:
    assert value("price_missing(?::integer, ?::decimal(18, 8))", tiers, unit_price) == words


TIER = st.fixed_dictionaries(
    {
        "from_quantity": st.sampled_from((0, 0, 10, 25, 40)),
        "to_quantity": st.sampled_from((None, None, 10, 25, 40)),
        "unit_price": st.sampled_from(("0", "0.5", "2.00000001", "7")),
        "flat_fee": st.sampled_from((None, "0", "3.25")),
    }
)


def tier_price(tiers: list[dict[str, Any]], model: str, quantity: Fraction) -> Fraction | None:
    """The oracle: conventions.md on usage prices; None where a quantity that counts has no tier, or two."""
    starts = sorted({tier["from_quantity"] for tier in tiers})

    def holds(tier: dict[str, Any], place: Fraction) -> bool:
        later = [start for start in starts if start > tier["from_quantity"]]
        end = tier["to_quantity"] if tier["to_quantity"] is not None else (later or [None])[0]
        return tier["from_quantity"] <= place and (end is None or place < end)

    places = [Fraction(place) for place in (0, 10, 25, 40) if place <= quantity]
    held = {place: [tier for tier in tiers if holds(tier, place)] for place in [*places, quantity]}
    if len(held[quantity]) != 1:
        return None
    fee = Fraction(held[quantity][0]["flat_fee"] or 0)
    if model == "volume":
        return quantity * Fraction(held[quantity][0]["unit_price"]) + fee
    above = [place for place in places if place >= starts[0]]
    if any(len(held[place]) != 1 for place in above):
        return None
    total = Fraction(0)
    for place, end in zip(above, [*above[1:], quantity], strict=True):
        tier = held[place][0]
        total += (end - place) * Fraction(tier["unit_price"])
        total += Fraction(tier["flat_fee"] or 0) if tier["from_quantity"] == place else 0
    return total


@pytest.fixture(scope="module")
def rating_engine() -> Iterator[DuckEngine]:
    given: dict[str, list[dict[str, Any]]] = {
        "contract_lines": [
            {"contract_line_id": model, "pricing_model": model, "unit_price": None} for model in ("graduated", "volume")
        ],
        "price_tiers": [],
    }
    engine = engine_of(Case("price_steps", "any tiers", given, {}, [], []))
    yield engine
    engine.close()


@settings(max_examples=30, deadline=None)
@given(tiers=st.lists(TIER, min_size=1, max_size=4), data=st.data())
def test_steps_price_every_quantity_as_the_tiers_say(
    rating_engine: DuckEngine, tiers: list[dict[str, Any]], data: st.DataObject
) -> None:
    rating_engine.connection.execute("truncate price_tiers")
    for model in ("graduated", "volume"):
        for tier in tiers:
            rating_engine.connection.execute(
                f"insert into price_tiers (contract_line_id, {', '.join(tier)}) values (?, ?, ?, ?, ?)",
                [model, *tier.values()],
            )
    quantity = data.draw(st.sampled_from(("0", "0.000001", "9.999999", "10", "24.5", "25", "39", "40", "1000")))
    for model in ("graduated", "volume"):
        other = "volume" if model == "graduated" else "graduated"
        found = rating_engine.connection.execute(
            """
            select
                price_by_step(cast(? as decimal(18, 6)), base_quantity, base_amount, unit_price, package_size),
                price_by_step(
                    cast(? as decimal(18, 6)), other_base_quantity, other_base_amount, unit_price, package_size
                )
            from price_steps
            where contract_line_id = ? and ? >= from_quantity and (to_quantity is null or ? < to_quantity)
            """,
            [quantity, quantity, model, quantity, quantity],
        ).fetchall()
        assert len(found) == 1, "every quantity has one step"
        for amount, name in zip(found[0], (model, other), strict=True):
            expected = tier_price(tiers, name, Fraction(quantity))
            assert (None if amount is None else Fraction(amount)) == expected, (model, name, quantity)


# Months


def months_of(engine: DuckEngine, sql: str) -> list[tuple[date, date]]:
    """The rows of the text of the view months, in order."""
    return sorted((row["month_from"], row["month_to"]) for row in engine.query(sql).to_pylist())


def test_months_follow_one_another_from_1970_to_2099(rating_engine: DuckEngine) -> None:
    rows = months_of(rating_engine, "select * from months")
    assert (rows[0][0], rows[-1][1]) == (date(1970, 1, 1), date(2100, 1, 1))
    assert [end for _, end in rows[:-1]] == [start for start, _ in rows[1:]]
    assert len(rows) == 130 * 12


def test_a_changed_number_of_the_months_changes_the_months(rating_engine: DuckEngine) -> None:
    _, sql = read_sql(QUERIES / "2_canonical/views/months.sql")
    rows = months_of(rating_engine, sql)
    for mutant in mutants(sql):
        try:
            assert months_of(rating_engine, mutant.sql) != rows, mutant.what
        except WorkbenchError:
            continue
