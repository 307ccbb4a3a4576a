"""Escaped HTML tables for notebooks and packs: they need no style sheet and no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape

import pyarrow as pa

from workbench.language import mark, say
from workbench.money import grouped
from workbench.schema import LINEAGE, Table

LINE = "border:0;border-bottom:1px solid rgba(128,128,128,.3);padding:3px 12px 3px 0;vertical-align:top;"
SHORT = 28
LINEAGE_WORDS = {"_source": mark("file"), "_row": mark("row")}


@dataclass(frozen=True)
class Amount:
    """An amount of money in a cell: shown in its currency's minor unit, to the right."""

    value: Decimal | None
    currency: str | None
    named: bool = False

    def __str__(self) -> str:
        text = grouped(self.value, self.currency)
        return f"{text} {self.currency}" if text and self.named and self.currency else text


@dataclass(frozen=True)
class Shown:
    """Something to look at in a notebook: escaped HTML, and the words that stand for it elsewhere."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def html_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", limit: int | None = None
) -> str:
    """An HTML table of rows as long as `columns`; every cell is escaped.

    Numbers and Amounts stand to the right; a list in a cell becomes one line each. With `limit` only so many rows are
    shown and the last line says so.
    """
    wanted = list(rows)
    shown = wanted[:limit]
    title = f'<div style="margin:10px 0 4px;font-weight:600">{escape(caption)}</div>' if caption else ""
    if not wanted:
        return f'{title}<div style="margin:4px 0 10px">{escape(say("Nothing here."))}</div>'
    right = [any(_is_number(row[place]) for row in shown) for place in range(len(columns))]
    head = "".join(_cell("th", say(words_of_name(name)), side) for name, side in zip(columns, right, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', value, side) for value, side in zip(row, right, strict=True))}</tr>" for row in shown
    )
    more = ""
    if len(shown) < len(wanted):
        words = say("{shown} of {all} rows shown.", shown=f"{len(shown):,}", all=f"{len(wanted):,}")
        more = f'<div style="margin:4px 0 10px">{escape(words)}</div>'
    return (
        f'<div style="overflow-x:auto" tabindex="0">{title}'
        '<table class="workbench" style="border-collapse:collapse;margin:0 0 8px">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}</div>"
    )


def html_records(
    records: pa.Table | Iterable[Mapping[str, object]], *, caption: str = "", limit: int | None = None
) -> str:
    """The same of an Arrow table, or of records that share their names."""
    wanted = records.to_pylist() if isinstance(records, pa.Table) else list(records)
    columns = records.column_names if isinstance(records, pa.Table) else list(wanted[0]) if wanted else []
    return html_table(columns, [[record[name] for name in columns] for record in wanted], caption=caption, limit=limit)


def _is_number(value: object) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, int | Decimal | Amount) and not isinstance(first, bool)


def words_of_name(name: str) -> str:
    """The name of a column in words: invoice date for invoice_date."""
    return name.lstrip("_").replace("_", " ")


def _cell(tag: str, value: object, right: bool) -> str:
    lines = [cell_text(line) for line in (value if isinstance(value, list) else [value])]
    number = "font-variant-numeric:tabular-nums;" if right else ""
    is_short = right or max(map(len, lines), default=0) <= SHORT
    wrap = "white-space:nowrap;" if is_short else "min-width:180px;overflow-wrap:anywhere;"
    text = "<br>".join(map(escape, lines))
    return f'<{tag} style="{LINE}text-align:{"right" if right else "left"};{wrap}{number}">{text}</{tag}>'


def cell_text(value: object) -> str:
    """A value as people read it: nothing for null, thousands grouped, no zeros behind a number's last digit."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def number_text(value: Decimal) -> str:
    """A quantity or a price: thousands grouped, no zeros behind its last digit."""
    whole, _, rest = f"{value:,f}".partition(".")
    return f"{whole}.{kept}" if (kept := rest.rstrip("0")) else whole


def row_cells(table: Table, row: Mapping[str, object], currency: str | None) -> dict[str, object]:
    """One source row for reading: file and row number, then the table's columns.

    Money takes the digits of the row's own currency, else of the one given.
    """
    own = row.get("currency") or currency
    cells: dict[str, object] = {LINEAGE_WORDS[name]: _plain(row.get(name)) for name in LINEAGE}
    for name, column in table.columns.items():
        value = row.get(name)
        is_money = column.type == "money" and isinstance(value, Decimal)
        cells[name] = Amount(value, str(own) if own else None) if is_money else value  # type: ignore[arg-type]
    return cells


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def without_empty(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """The same rows without the columns that are empty in all of them."""
    kept = [name for name in (rows[0] if rows else ()) if any(cell_text(row[name]) for row in rows)]
    return [{name: row[name] for name in kept} for row in rows]
