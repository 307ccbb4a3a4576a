"""Rows as lines of plain text under their columns, amounts to the right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from workbench.markup import Amount, cell_text
from workbench.plaintext import printable

__all__ = ["aligned", "is_number", "printable", "words"]


def words(value: object) -> str:
    """A cell as it is read."""
    return printable(cell_text(value))


def is_number(value: object) -> bool:
    """Whether a cell stands to the right."""
    return isinstance(value, Amount | int | Decimal) and not isinstance(value, bool)


def aligned(columns: Sequence[str], rows: Iterable[Sequence[object]], indent: str = "  ") -> list[str]:
    """Lines of a table, each column as wide as its longest cell."""
    wanted = [list(row) for row in rows]
    right = [any(is_number(row[place]) for row in wanted) for place in range(len(columns))]
    cells = [list(columns), *([words(value) for value in row] for row in wanted)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    return [
        (
            indent
            + "  ".join(
                text.rjust(width) if to_right else text.ljust(width)
                for text, width, to_right in zip(row, widths, right, strict=True)
            )
        ).rstrip()
        for row in cells
    ]
