"""Two thousand samples of a population whose errors are known: the limits hold as often as they say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbench.sampling.bounds import bound
from workbench.sampling.chance import Chance
from workbench.sampling.factors import upper_number, upper_rate
from workbench.sampling.population import Item, Population, make_population
from workbench.sampling.selecting import HIGH, MUS_SELECTIONS, select_mus, select_random

LEVEL = Decimal("0.95")
SAMPLES = 2_000

pytestmark = pytest.mark.prove


def population(items: int) -> Population:
    """Amounts of 10 to 5,010, skewed, from a generator that never changes."""
    chance = Chance(1, "coverage", "amounts")
    amounts = [Decimal(1000 + chance.below(500) * chance.below(1000)) / 100 for _ in range(items)]
    return make_population((Item(f"I{place:05}", amount) for place, amount in enumerate(amounts)), "SGD", {})


@pytest.mark.parametrize("rate", [2, 5, 10])
def test_attribute_limits_cover_the_true_rate(rate: int) -> None:
    items, size = 1_000, 60
    wrong = {f"I{place:05}" for place in range(items * rate // 100)}
    own = population(items)
    limits = [upper_rate(found, size, LEVEL) for found in range(size + 1)]
    numbers = [upper_number(found, size, items, LEVEL) for found in range(21)]
    covered = finite = 0
    for seed in range(SAMPLES):
        found = sum(entry.item.item_id in wrong for entry in select_random(own, size, seed).drawn)
        covered += limits[found] >= Decimal(rate) / 100
        finite += numbers[found] >= items * rate // 100
    assert covered >= SAMPLES * 95 // 100
    assert finite >= SAMPLES * 95 // 100


@pytest.mark.parametrize("selection", MUS_SELECTIONS)
@pytest.mark.parametrize("every", [7, 30])
def test_stringer_limits_cover_the_true_misstatement(selection: str, every: int) -> None:
    own = population(500)
    chance = Chance(2, "coverage", f"taints {every}")
    taints = {item.item_id: Decimal(chance.below(100) + 1) / 100 for item in own.items if not chance.below(every)}
    true = sum((item.book * taints.get(item.item_id, Decimal(0)) for item in own.items), Decimal(0))
    covered = 0
    for seed in range(SAMPLES):
        drawn = select_mus(own, 40, seed, selection)
        known = sum(
            (e.item.book * taints.get(e.item.item_id, Decimal(0)) for e in drawn.drawn if e.stratum == HIGH), Decimal(0)
        )
        rest = next(part for part in drawn.strata if not part.whole)
        found = [
            taints[e.item.item_id]
            for e in drawn.drawn if e.stratum != HIGH and e.item.item_id in taints
            for _ in range(e.hits)
        ]  # fmt: skip
        covered += known + bound(found, rest.drawn, rest.book, LEVEL, "stringer").limit >= true
    assert covered >= SAMPLES * 95 // 100
