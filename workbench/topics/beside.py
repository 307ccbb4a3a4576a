"""Records side by side: a row per field, a column per record, and a word where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workbench.language import mark, say
from workbench.markup import Amount, cell_text, html_table
from workbench.plaintext import printable
from workbench.settlement.codes import in_words

MONEY = frozenset({"net_amount", "tax_amount", "gross_amount", "amount", "credit_limit"})
WORDS = {"_source": mark("file"), "_row": mark("row in it"), "first_on": mark("first on"), "last_on": mark("last on")}
STATES = frozenset({"status", "kind", "origin"})


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
            Amount(value, row.get("currency")) if name in MONEY else _plain(name, value)
            for row, value in zip(rows, values, strict=True)
        ]
        field = say(WORDS.get(name, name.replace("_", " ")))
        lines.append([field, *map(str, map(cell_text, shown)), _difference(name, values, rows)])
    head = ["", *(str(row[key]) for row in rows), mark("differs")]
    return html_table(head, lines, caption=caption)


def _plain(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    return in_words(value) if name in STATES else printable(value)


def _difference(name: str, values: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> str:
    first, last = values[0], values[-1]
    if all(value == first for value in values):
        return say("the same")
    if isinstance(first, datetime) or isinstance(last, datetime):
        return say("differs")
    if isinstance(first, date) and isinstance(last, date):
        return say("{count} days apart", count=f"{abs((last - first).days):,}")
    if isinstance(first, Decimal) and isinstance(last, Decimal) and rows[0].get("currency") == rows[-1].get("currency"):
        apart = abs(last - first)
        return say("by {amount}", amount=Amount(apart, rows[0].get("currency")) if name in MONEY else apart)
    if first is None or last is None:
        return say("only in one")
    return say("differs")
