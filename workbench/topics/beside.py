"""Records side by side: a row per field, a column per record, and a word where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workbench.markup import Amount, cell_text, html_table
from workbench.plaintext import printable

MONEY = frozenset({"net_amount", "tax_amount", "gross_amount", "amount", "credit_limit"})
WORDS = {"_source": "file", "_row": "row in it"}


def side_by_side(rows: Sequence[Mapping[str, Any]], key: str, caption: str) -> str:
    """Records as columns, fields as rows; a field that is empty in all of them is left out.

    What differs is said in words, by days or by amount where it can be measured.
    """
    if not rows:
        return ""
    fields = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    lines: list[list[object]] = []
    for name in fields:
        values = [row[name] for row in rows]
        shown = [
            Amount(value, row.get("currency")) if name in MONEY else _plain(value)
            for row, value in zip(rows, values, strict=True)
        ]
        lines.append(
            [WORDS.get(name, name.replace("_", " ")), *map(str, map(cell_text, shown)), _difference(name, values, rows)]
        )
    head = ["", *(str(row[key]) for row in rows), "differs"]
    return html_table(head, lines, caption=caption)


def _plain(value: object) -> object:
    return value if not isinstance(value, str) else printable(value)


def _difference(name: str, values: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> str:
    first, last = values[0], values[-1]
    if all(value == first for value in values):
        return "the same"
    if isinstance(first, datetime) or isinstance(last, datetime):
        return "differs"
    if isinstance(first, date) and isinstance(last, date):
        return f"{abs((last - first).days):,} days apart"
    if isinstance(first, Decimal) and isinstance(last, Decimal) and rows[0].get("currency") == rows[-1].get("currency"):
        return f"by {Amount(abs(last - first), rows[0].get('currency')) if name in MONEY else abs(last - first)}"
    if first is None or last is None:
        return "only in one"
    return "differs"
