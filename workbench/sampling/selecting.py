"""Which items: every method draws with a generator of its own, so that a stranger draws the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.sampling.amounts import total
from workbench.sampling.chance import Chance, smallest_tickets
from workbench.sampling.population import Item, Population
from workbench.sampling.wording import HIGH, SAMPLED

MUS_SELECTIONS = ("interval", "cell", "random")


@dataclass(frozen=True)
class Drawn:
    """One item of the sample, with its stratum and how many monetary units of it were hit (1 for record samples)."""

    item: Item
    stratum: str
    hits: int = 1


@dataclass(frozen=True)
class Stratum:
    """A part of the population that is projected on its own: items, book value, and hits or items drawn from it."""

    name: str
    items: int
    book: Decimal
    drawn: int
    whole: bool = False


@dataclass(frozen=True)
class Selection:
    """The items drawn in order of their ids, the strata they stand for, and what it takes to draw them again."""

    drawn: tuple[Drawn, ...]
    strata: tuple[Stratum, ...]
    how: Mapping[str, str] = field(default_factory=dict)


def scale_of(items: tuple[Item, ...]) -> int:
    """Digits after the point that hold every book value: monetary units are counted in them."""
    return max((max(0, -int(item.book.normalize().as_tuple().exponent)) for item in items), default=0)


def in_units(item: Item, scale: int) -> int:
    """An item's monetary units, positive for a negative item too."""
    return abs(int(item.book.scaleb(scale)))


def select_mus(
    population: Population, size: int, seed: int, selection: str = "interval", high_value: Decimal | str | None = HIGH
) -> Selection:
    """A monetary unit sample of items that all are above zero, or all below.

    `high_value`: "high-value" takes items as large as the interval whole, an amount takes those as large as it or as
    the interval, None takes none. Each unit below has the same chance, exactly. Of the T units that are left, counted
    from 0 in order of ids, hit k is floor((start + k x T) / n) with one start of 0 ... T - 1 (interval), the same with
    a start of its own (cell), or one of n different units (random).
    """
    if selection not in MUS_SELECTIONS:
        raise UnknownNameError("selection of monetary units", selection, MUS_SELECTIONS)
    items = population.items
    if {(item.book > 0) - (item.book < 0) for item in items} not in ({1}, {-1}):
        raise WorkbenchError(
            "Monetary units are drawn from items above zero or from items below, never from both.",
            "choose --part positive or --part negative",
        )
    scale = scale_of(items)
    units = {item.item_id: in_units(item, scale) for item in items}
    least = None if not isinstance(high_value, Decimal) else int(high_value.scaleb(scale))
    high, left = _high_values(units, size, least) if high_value is not None else (set(), min(size, sum(units.values())))
    rest = [item for item in items if item.item_id not in high]
    every = sum(units[item.item_id] for item in rest)
    hits = _hits(rest, units, left, Chance(seed, population.sha256, f"mus-{selection}"), selection) if rest else None
    drawn = [Drawn(item, HIGH) for item in items if item.item_id in high]
    if hits:
        drawn += [Drawn(item, SAMPLED, hits.counts[item.item_id]) for item in rest if hits.counts[item.item_id]]
    strata = []
    if high:
        strata.append(Stratum(HIGH, len(high), total(d.item.book for d in drawn if d.stratum == HIGH), len(high), True))
    if hits:
        strata.append(Stratum(SAMPLED, len(rest), total(item.book for item in rest), left))
    interval = Fraction(every, max(1, left))
    how = {
        "selection": selection,
        "units": str(every),
        "digits": str(scale),
        "hits": str(left if hits else 0),
        "interval": _amount(interval, scale),
        **({"start": _amount(Fraction(hits.start, left), scale), "start_of_units": str(hits.start)}
           if hits and hits.start is not None else {}),
    }  # fmt: skip
    return Selection(tuple(sorted(drawn, key=lambda entry: entry.item.item_id)), tuple(strata), how)


def _amount(units: Fraction, scale: int) -> str:
    """Monetary units as an amount with four digits more than they have, for reading; the exact value is in `units`."""
    digits = scale + 4
    whole = units.numerator * 10 ** (digits - scale) // units.denominator
    return f"{Decimal(whole).scaleb(-digits):f}"


def _high_values(units: Mapping[str, int], size: int, least: int | None) -> tuple[set[str], int]:
    """The ids taken whole, and how many hits fall on the rest, so that its interval is never longer than planned.

    Taking items out shortens the interval, so it goes on until no item left is as large as it.
    """
    every = sum(units.values())
    high: set[str] = set()
    left, hits = every, min(size, every)
    while hits:
        more = {
            name
            for name, own in units.items()
            if name not in high and (own * hits >= left or (least is not None and own >= least))
        }
        if not more:
            break
        high |= more
        left = every - sum(units[name] for name in high)
        hits = -(-left * min(size, every) // every)
    return high, hits


@dataclass(frozen=True)
class _Hits:
    counts: Counter[str]
    start: int | None


def _hits(rest: list[Item], units: Mapping[str, int], number: int, chance: Chance, selection: str) -> _Hits:
    """How often each item is hit."""
    every = sum(units[item.item_id] for item in rest)
    start = None
    if selection == "interval":
        start = chance.below(every)
        places = [(start + place * every) // number for place in range(number)]
    elif selection == "cell":
        places = [(place * every + chance.below(every)) // number for place in range(number)]
    else:
        places = chance.distinct(number, every)
    counts: Counter[str] = Counter()
    reached, place = 0, 0
    for item in rest:
        reached += units[item.item_id]
        while place < len(places) and places[place] < reached:
            counts[item.item_id] += 1
            place += 1
    return _Hits(counts, start)


def select_random(population: Population, size: int, seed: int) -> Selection:
    """The items with the smallest tickets, each item with the same chance and none twice."""
    chosen = smallest_tickets((i.item_id for i in population.items), size, seed, population.sha256, "random")
    return _of_ids(population, chosen, {"selection": "random", "tickets": "random"})


def select_systematic(population: Population, size: int, seed: int) -> Selection:
    """Every (N / n)th item in order of ids: item floor((start + k x N) / n), start drawn from 0 ... N - 1."""
    number = len(population.items)
    wanted = min(size, number)
    start = Chance(seed, population.sha256, "systematic").below(number)
    chosen = {population.items[(start + place * number) // wanted].item_id for place in range(wanted)}
    how = {
        "selection": "systematic",
        "interval": _amount(Fraction(number, wanted), 0),
        "start": _amount(Fraction(start, wanted), 0),
        "start_of_items": str(start),
    }
    return _of_ids(population, chosen, how)


def _of_ids(population: Population, chosen: set[str], how: Mapping[str, str]) -> Selection:
    drawn = tuple(Drawn(item, SAMPLED) for item in population.items if item.item_id in chosen)
    whole = len(drawn) == len(population.items)
    return Selection(drawn, (Stratum(SAMPLED, len(population.items), population.book, len(drawn), whole),), how)
