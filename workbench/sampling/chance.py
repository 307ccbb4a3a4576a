"""Chance that stays the same for ever: SHA-256 of a seed, so that any program in any year draws the same sample.

Tickets: the ticket of an item is SHA-256 of the text "seed|population|purpose|item"; the items with the smallest
tickets are the sample. Numbers: block i is SHA-256 of "seed|population|purpose|i" (i = 0, 1, ...), read as a number of
256 bits; it is dropped where it is not below the largest multiple of `below`, else taken modulo `below`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import count

GENERATOR = "sha256-counter/1"
BITS = 256


def block(seed: int, population: str, purpose: str, name: object) -> int:
    """One block of chance as a number of 256 bits."""
    return int.from_bytes(hashlib.sha256(f"{seed}|{population}|{purpose}|{name}".encode()).digest(), "big")


class Chance:
    """Whole numbers, each as likely as any other, from a seed, a population's SHA-256 and a purpose."""

    def __init__(self, seed: int, population: str, purpose: str) -> None:
        self.seed = seed
        self.population = population
        self.purpose = purpose
        self._places = count()

    def below(self, limit: int) -> int:
        """The next number of 0 ... limit - 1."""
        even = (1 << BITS) // limit * limit
        while True:
            value = block(self.seed, self.population, self.purpose, next(self._places))
            if value < even:
                return value % limit

    def distinct(self, wanted: int, limit: int) -> list[int]:
        """So many different numbers of 0 ... limit - 1 in rising order: numbers that came before are passed over."""
        taken: set[int] = set()
        while len(taken) < wanted:
            taken.add(self.below(limit))
        return sorted(taken)


def smallest_tickets(items: Iterable[str], wanted: int, seed: int, population: str, purpose: str) -> set[str]:
    """The ids with the smallest tickets. A larger sample of the same seed holds the smaller one."""
    ordered = sorted(items, key=lambda item: (block(seed, population, purpose, item), item))
    return set(ordered[:wanted])
