"""Strata by book value: boundaries that make the parts alike, and a sample of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from workbench.errors import WorkbenchError
from workbench.money import EXACT
from workbench.sampling.amounts import over, plain, root, times, total
from workbench.sampling.chance import smallest_tickets
from workbench.sampling.population import Item, Population
from workbench.sampling.selecting import Drawn, Selection, Stratum
from workbench.sampling.size import deviation_of, neyman
from workbench.sampling.wording import ALL, BETWEEN, FROM, NEYMAN, UNDER

CLASSES = 200
MOST = 20


@dataclass(frozen=True)
class Layer:
    """One stratum before drawing: book values from `low` up to, not including, `high` (None: no end)."""

    name: str
    low: Decimal | None
    high: Decimal | None
    items: tuple[Item, ...]

    @property
    def deviation(self) -> Decimal:
        """The standard deviation of its book values."""
        return deviation_of([item.book for item in self.items])


def boundaries(amounts: Sequence[Decimal], strata: int) -> list[Decimal]:
    """Where strata meet, by the cumulative square root of frequencies over 200 classes of equal width.

    Dalenius and Hodges, 1959; Cochran, Sampling Techniques, 1977, section 5A.7. Fewer where amounts do not differ.
    """
    low, high = min(amounts), max(amounts)
    if low == high:
        return []
    width = over(high - low, Decimal(CLASSES))
    frequencies = [0] * CLASSES
    for amount in amounts:
        frequencies[min(CLASSES - 1, int(over(amount - low, width)))] += 1
    roots = [root(Decimal(number)) for number in frequencies]
    step = over(total(roots), Decimal(strata))
    found: list[Decimal] = []
    reached, wanted = Decimal(0), step
    for place, own in enumerate(roots[:-1]):
        reached = EXACT.add(reached, own)
        if reached >= wanted:
            found.append((low + times(width, Decimal(place + 1))).quantize(Decimal("0.0001"), context=EXACT))
            while wanted <= reached:
                wanted = EXACT.add(wanted, step)
    return found[: strata - 1]


def layers(population: Population, limits: Sequence[Decimal]) -> tuple[Layer, ...]:
    """The strata between rising limits, those without an item left out; WorkbenchError where limits do not rise."""
    if any(left >= right for left, right in pairwise(limits)):
        raise WorkbenchError("The limits of the strata do not rise.", "give them from small to large")
    edges: list[Decimal | None] = [None, *limits, None]
    found = []
    for low, high in pairwise(edges):
        own = tuple(
            item
            for item in population.items
            if (low is None or item.book >= low) and (high is None or item.book < high)
        )
        if own:
            found.append(Layer(_name(low, high), low, high, own))
    return tuple(found)


def _name(low: Decimal | None, high: Decimal | None) -> str:
    if low is None and high is None:
        return ALL
    if low is None:
        return UNDER.format(high=plain(high)) if high is not None else ""
    return FROM.format(low=plain(low)) if high is None else BETWEEN.format(low=plain(low), high=plain(high))


def select_stratified(population: Population, size: int, seed: int, parts: tuple[Layer, ...]) -> Selection:
    """A random sample of each stratum by smallest tickets, sizes by Neyman allocation on book values."""
    shares = neyman(size, [len(part.items) for part in parts], [part.deviation for part in parts])
    drawn: list[Drawn] = []
    strata: list[Stratum] = []
    for part, share in zip(parts, shares, strict=True):
        ids = (item.item_id for item in part.items)
        chosen = smallest_tickets(ids, share, seed, population.sha256, f"stratum {part.name}")
        drawn += [Drawn(item, part.name) for item in part.items if item.item_id in chosen]
        book = total(item.book for item in part.items)
        strata.append(Stratum(part.name, len(part.items), book, share, share == len(part.items)))
    limits = ", ".join(plain(part.low) for part in parts if part.low is not None)
    how = {"selection": "stratified", "limits": limits, "allocation": NEYMAN}
    return Selection(tuple(sorted(drawn, key=lambda entry: entry.item.item_id)), tuple(strata), how)
