"""Selection: the same for ever, every unit with its chance, large items never missed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.sampling.chance import Chance, smallest_tickets
from workbench.sampling.population import Item, Population, make_population
from workbench.sampling.selecting import (
    HIGH,
    MUS_SELECTIONS,
    Selection,
    scale_of,
    select_mus,
    select_random,
    select_systematic,
)
from workbench.sampling.size import neyman
from workbench.sampling.strata import boundaries, layers, select_stratified

AMOUNTS = st.lists(st.decimals("0.01", "5000", places=2), min_size=2, max_size=60)


def population(amounts: Sequence[Decimal | str]) -> Population:
    items = [Item(f"I{place:03}", Decimal(amount)) for place, amount in enumerate(amounts)]
    return make_population(items, "SGD", {"file": "test"})


def ids(selection: Selection) -> list[str]:
    return [entry.item.item_id for entry in selection.drawn]


def test_the_stream_of_chance_is_this_one_for_ever() -> None:
    chance = Chance(7, "abc", "mus-interval")
    assert [chance.below(1000) for _ in range(6)] == [
        int.from_bytes(hashlib.sha256(f"7|abc|mus-interval|{place}".encode()).digest(), "big") % 1000
        for place in range(6)
    ]
    assert Chance(1, "", "x").below(10**9) == 432817002


def test_a_known_population_gives_these_items_for_ever() -> None:
    own = population([f"{(place * 37) % 101 + 1}.50" for place in range(100)])
    assert own.sha256 == "d1ab30166bb951aa0e4dfae0b74909cd3da45e6422462e8df73374d1ac4f212d"
    assert ids(select_random(own, 5, 1)) == ["I002", "I035", "I042", "I058", "I087"]
    assert ids(select_systematic(own, 5, 1)) == ["I002", "I022", "I042", "I062", "I082"]
    assert ids(select_mus(own, 5, 1)) == ["I010", "I030", "I050", "I069", "I090"]
    assert ids(select_mus(own, 5, 1, "cell")) == ["I005", "I038", "I059", "I064", "I087"]
    assert ids(select_mus(own, 5, 1, "random")) == ["I001", "I005", "I018", "I029", "I051"]


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.integers(1, 30), st.integers(0, 9), st.sampled_from(MUS_SELECTIONS))
def test_mus_repeats_and_ties(amounts: list[Decimal], size: int, seed: int, selection: str) -> None:
    own = population(amounts)
    drawn = select_mus(own, size, seed, selection)
    assert drawn == select_mus(own, size, seed, selection)
    assert sum(part.book for part in drawn.strata) == own.book
    assert sum(part.items for part in drawn.strata) == len(own.items)
    hits = sum(entry.hits for entry in drawn.drawn if entry.stratum != HIGH)
    assert hits == sum(part.drawn for part in drawn.strata if not part.whole)


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.integers(1, 30), st.integers(0, 9), st.booleans())
def test_a_fixed_interval_takes_every_item_as_large_as_it(
    amounts: list[Decimal], size: int, seed: int, apart: bool
) -> None:
    own = population(amounts)
    drawn = select_mus(own, size, seed, "interval", HIGH if apart else None)
    interval = Fraction(own.book) / size
    assert {item.item_id for item in own.items if Fraction(item.book) >= interval} <= set(ids(drawn))


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.integers(1, 30), st.integers(0, 9))
def test_no_item_below_the_interval_is_hit_twice_by_it(amounts: list[Decimal], size: int, seed: int) -> None:
    assert {entry.hits for entry in select_mus(population(amounts), size, seed).drawn} == {1}


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.integers(1, 30), st.integers(0, 9))
def test_the_cell_method_hits_each_cell_once(amounts: list[Decimal], size: int, seed: int) -> None:
    own = population(amounts)
    drawn = select_mus(own, size, seed, "cell", None)
    scale = scale_of(own.items)
    every = int(own.book.scaleb(scale))
    cells, reached = min(size, every), 0
    counts = {entry.item.item_id: entry.hits for entry in drawn.drawn}
    assert sum(counts.values()) == cells
    for item in own.items:
        first, reached = reached, reached + int(item.book.scaleb(scale))
        touched = reached * cells // every - -(-first * cells // every)
        assert counts.get(item.item_id, 0) >= touched, "a cell that lies within an item hits it"


@pytest.mark.parametrize("selection", MUS_SELECTIONS)
def test_every_unit_is_reached_in_proportion(selection: str) -> None:
    own = population(["0.01", "0.02", "0.03", "0.04"])
    seen: Counter[str] = Counter()
    for seed in range(3000):
        for entry in select_mus(own, 3, seed, selection, None).drawn:
            seen[entry.item.item_id] += entry.hits
    for place, units in enumerate((1, 2, 3, 4)):
        assert seen[f"I{place:03}"] == pytest.approx(3000 * 3 * units / 10, rel=0.08)


def test_high_values_are_taken_until_none_is_left_as_large_as_the_interval() -> None:
    own = population(["1000", "300", "90", "10", "10", "10", "10", "10", "10", "10"])
    drawn = select_mus(own, 4, 1)
    high = [entry.item.item_id for entry in drawn.drawn if entry.stratum == HIGH]
    assert high[:1] == ["I000"]
    rest = next(part for part in drawn.strata if not part.whole)
    left = [item.book for item in own.items if item.item_id not in high]
    assert max(left) < rest.book / rest.drawn
    assert rest.book / rest.drawn <= own.book / 4


def test_an_amount_takes_what_is_as_large_whole() -> None:
    own = population(["50", "49.99", *["5"] * 40])
    high = [e.item.item_id for e in select_mus(own, 3, 1, "interval", Decimal(50)).drawn if e.stratum == HIGH]
    assert high == ["I000"]


def test_both_signs_in_one_monetary_sample_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="never from both"):
        select_mus(population(["5", "-5"]), 1, 1)
    with pytest.raises(WorkbenchError, match="never from both"):
        select_mus(population(["5", "0"]), 1, 1)
    assert ids(select_mus(population(["-5", "-7"]), 1, 1))


@settings(max_examples=40, deadline=None)
@given(AMOUNTS, st.integers(1, 60), st.integers(0, 9))
def test_record_samples_have_the_size_asked_for(amounts: list[Decimal], size: int, seed: int) -> None:
    own = population(amounts)
    wanted = min(size, len(amounts))
    for draw in (select_random, select_systematic):
        found = ids(draw(own, size, seed))
        assert len(set(found)) == len(found) == wanted
        assert found == ids(draw(own, size, seed)) == sorted(found)


def test_a_larger_random_sample_holds_the_smaller() -> None:
    names = [f"I{place}" for place in range(500)]
    assert smallest_tickets(names, 20, 5, "p", "random") < smallest_tickets(names, 60, 5, "p", "random")


def test_the_order_of_rows_does_not_matter() -> None:
    items = [Item(f"I{place}", Decimal(place + 1)) for place in range(40)]
    turned = make_population(list(reversed(items)), "SGD", {})
    assert turned.sha256 == make_population(items, "SGD", {}).sha256
    assert select_mus(turned, 7, 3) == select_mus(make_population(items, "SGD", {}), 7, 3)


def test_the_fingerprint_sees_values_and_not_how_they_are_written() -> None:
    first = make_population([Item("A", Decimal("100.00")), Item("B", Decimal(1))], "SGD", {})
    same = make_population([Item("A", Decimal("1E+2")), Item("B", Decimal("1.0"))], "SGD", {})
    assert first.sha256 == same.sha256
    for other in (
        [Item("A", Decimal("100.01")), Item("B", Decimal(1))],
        [Item("A", Decimal(100)), Item("C", Decimal(1))],
    ):
        assert make_population(other, "SGD", {}).sha256 != first.sha256
    assert make_population([Item("A", Decimal(100)), Item("B", Decimal(1))], "USD", {}).sha256 != first.sha256


def test_neyman_shares_follow_size_times_spread() -> None:
    assert neyman(100, [1000, 500, 50, 3], [Decimal(10), Decimal(50), Decimal(1000), Decimal(9000)]) == (13, 34, 50, 3)
    assert neyman(30, [100, 100], [Decimal(10), Decimal(20)]) == (10, 20)
    assert neyman(10, [100, 100], [Decimal(0), Decimal(0)]) == (5, 5)
    assert neyman(10, [100, 1], [Decimal(1), Decimal(0)]) == (10, 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 500)), min_size=1, max_size=6), st.integers(2, 400))
def test_neyman_never_asks_for_more_than_there_is(parts: list[tuple[int, int]], size: int) -> None:
    counts, spreads = [count for count, _ in parts], [Decimal(spread) for _, spread in parts]
    shares = neyman(size, counts, spreads)
    assert all(min(2, count) <= share <= count for share, count in zip(shares, counts, strict=True))
    assert sum(shares) >= min(size, sum(counts))


def test_strata_cover_the_population_without_overlap() -> None:
    own = population([f"{place * place}.10" for place in range(1, 80)])
    parts = layers(own, boundaries([item.book for item in own.items], 4))
    assert [item.item_id for part in parts for item in part.items].count("I000") == 1
    assert sum(len(part.items) for part in parts) == 79
    assert 2 <= len(parts) <= 4
    drawn = select_stratified(own, 20, 1, parts)
    assert sum(part.drawn for part in drawn.strata) == len(drawn.drawn) >= 20


def test_limits_that_do_not_rise_are_refused() -> None:
    with pytest.raises(WorkbenchError, match="do not rise"):
        layers(population(["1", "2"]), [Decimal(5), Decimal(5)])


@pytest.mark.parametrize(
    ("items", "said"),
    [([], "holds no item"), ([Item("", Decimal(1))], "have no id"),
     ([Item("A", Decimal(1)), Item("A", Decimal(2))], "'A'")],
)  # fmt: skip
def test_a_population_that_cannot_be_sampled_says_why(items: list[Item], said: str) -> None:
    with pytest.raises(WorkbenchError, match=said):
        make_population(items, "SGD", {})
