"""How alike two texts are (Jaro-Winkler), as DuckDB measures it, for engines that have no such function."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# Winkler 1990: a common beginning of up to four characters counts a tenth each, for texts that are alike already.
PREFIX = 4
WEIGHT = 0.1
ALIKE = 0.7


def jaro_winkler(one: str | None, other: str | None) -> Decimal | None:
    """From 0 to 1 with nine decimals; None where either is unknown."""
    if one is None or other is None:
        return None
    likeness = jaro(one, other)
    if likeness > ALIKE:
        same = [mine == theirs for mine, theirs in zip(one[:PREFIX], other[:PREFIX], strict=False)]
        prefix = same.index(False) if False in same else len(same)
        likeness += prefix * WEIGHT * (1.0 - likeness)
    return Decimal(likeness).quantize(Decimal("1e-9"), ROUND_HALF_UP)


def jaro(one: str, other: str) -> float:
    """Jaro 1989: common characters no further apart than half the longer text, less half of those out of order."""
    reach = max(0, max(len(one), len(other)) // 2 - 1)
    free = [True] * len(other)
    common = []
    for place, letter in enumerate(one):
        for at in range(max(0, place - reach), min(len(other), place + reach + 1)):
            if free[at] and other[at] == letter:
                free[at] = False
                common.append(letter)
                break
    if not common:
        return 0.0
    opposite = [letter for letter, left in zip(other, free, strict=True) if not left]
    moved = sum(mine != theirs for mine, theirs in zip(common, opposite, strict=True)) // 2
    found = len(common)
    return (found / len(one) + found / len(other) + (found - moved) / found) / 3.0
