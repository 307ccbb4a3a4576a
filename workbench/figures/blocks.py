"""What a reader sees of each figure, before any markup: a sentence, a table and a picture of twelve months."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pyarrow as pa

from workbench.figures.catalogue import Figure
from workbench.figures.chart import MOST, Panel, trend_chart
from workbench.figures.forecast import METHODS
from workbench.figures.results import Figures
from workbench.figures.values import NOTES, PARTS, TOTAL, WAPE
from workbench.figures.wording import amount_text, value_text
from workbench.language import mark, say
from workbench.language.retelling import joined, listed, retold
from workbench.plaintext import printable
from workbench.receivables.buckets import NAMES

SHOWN = 24
NOTE = mark("Note")
COLUMNS = {
    "part": mark("Of it"), "value": mark("Value"), "numerator": mark("Numerator"),
    "denominator": mark("Denominator"), "note": NOTE,
}  # fmt: skip
# What figures are grouped by: as the head of a column, and where a row has none of it.
BY = {
    "entity": (mark("Entity"), mark("(no entity)")),
    "customer": (mark("Customer"), mark("(no customer)")),
    "segment": (mark("Segment"), mark("(no segment)")),
    "owner": (mark("Owner"), mark("(no owner)")),
}
WORDY = (*(head for head, _ in BY.values()), mark("Currency"), COLUMNS["part"], NOTE)


@dataclass(frozen=True)
class Block:
    """One figure for reading: heading, formula, what it says, a table (columns, rows of text) and a picture."""

    title: str
    formula: str
    says: str
    sentences: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    picture: tuple[str, str] | None = None


def wordy() -> set[str]:
    """Columns of text, as they are said."""
    return set(map(say, WORDY))


def blocks(found: Figures, trends: bool, most: int = SHOWN) -> Iterator[Block]:
    """A block per figure asked for, those that could not run with what they lack."""
    stopped = {state.figure.id: state for state in found.not_run}
    partly = {state.figure.id: state for state in found.partly}
    for entry in found.chosen:
        block = Block(f"{entry.id} {say(entry.title)}", say(entry.formula), say(entry.says))
        if entry.id in stopped:
            block.sentences.append(stopped[entry.id].told)
            yield block
            continue
        lines = found.of(entry.id).to_pylist()
        _fill(block, found, _retold(entry, lines), most)
        if entry.id in partly:
            block.sentences.append(partly[entry.id].told)
        if trends:
            panels = _panels(entry, found.trend(entry.id))
            drawn_are = listed(panel.heading for panel in panels)
            words = printable(say("{title}: {panels}, twelve months", title=say(entry.title), panels=drawn_are))
            drawn = (trend_chart(panels, words), words) if panels else None
            block = Block(**{**vars(block), "picture": drawn})
        yield block


def _retold(entry: Figure, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same lines, their parts and notes in the language in force."""
    notes = (*NOTES, entry.empty, *METHODS, *_names(entry))
    return [
        line
        | {
            "part": part_words(entry, line["part"]),
            "note": retold(line["note"], notes, ("why", "method", "part", "own")),
        }
        for line in lines
    ]


def part_words(entry: Figure, part: str) -> str:
    """A part of a figure as a reader is told of it."""
    return retold(part, _names(entry))


def _names(entry: Figure) -> tuple[str, ...]:
    return (*PARTS, *entry.parts, *NAMES)


def _fill(block: Block, found: Figures, lines: Sequence[dict[str, Any]], most: int) -> None:
    """The table: a line per value; where a figure has many parts a line per group and currency, a column each."""
    parts = list(dict.fromkeys(line["part"] for line in lines))
    has_currency = any(line["currency"] for line in lines)
    block.columns.extend([say(BY[found.ask.by][0])] if found.ask.by else [])
    block.columns.extend([say("Currency")] if has_currency else [])
    wide = len(parts) > 2
    kept = [name for name in COLUMNS if _says(name, lines)]
    heads = [*filter(None, parts), say(NOTE)] if wide else [say(COLUMNS[name]) for name in kept]
    block.columns.extend(heads)
    for (group, currency), some in groupby(lines, key=lambda line: (line["group"], line["currency"])):
        first = [group or say(BY[found.ask.by][1])] if found.ask.by else []
        first += [currency or ""] if has_currency else []
        cells = list(some)
        rows = _in_one(cells, parts) if wide else _one_each(cells, kept)
        block.rows.extend([printable(cell) for cell in (*first, *row)] for row in rows)
    if wide and not any(row[-1] for row in block.rows):
        block.columns.pop()
        for row in block.rows:
            row.pop()
    if len(block.rows) > most:
        block.sentences.append(say("{shown} of {count} rows shown.", shown=most, count=f"{len(block.rows):,}"))
        del block.rows[most:]


def _says(name: str, lines: Sequence[dict[str, Any]]) -> bool:
    """Whether a column tells a reader anything: it is not empty, and the numerator is not the value once more."""
    if name == "numerator" and all(line["denominator"] is None for line in lines):
        return False
    return any(line[name] not in (None, "") for line in lines)


def _one_each(lines: Sequence[dict[str, Any]], kept: Sequence[str]) -> Iterator[list[str]]:
    for line in lines:
        texts = {name: amount_text(line, name) for name in ("numerator", "denominator")}
        texts |= {"part": line["part"], "value": value_text(line), "note": line["note"]}
        yield [texts[name] for name in kept]


def _in_one(lines: Sequence[dict[str, Any]], parts: Sequence[str]) -> Iterator[list[str]]:
    values = {line["part"]: value_text(line) for line in lines}
    notes = dict.fromkeys(line["note"] for line in lines if line["value"] is None or line["unit"] == "percent")
    yield [*(values.get(part, "") for part in parts if part), joined(filter(None, notes))]


def _panels(entry: Figure, trend: pa.Table) -> list[Panel]:
    """Up to three series of values, those with most months first, with the parts that matter beside each other."""
    lines = [line for line in trend.to_pylist() if line["value"] is not None or line["numerator"] is not None]
    months = sorted({line["as_of"] for line in trend.to_pylist()})
    parts = _parts_drawn(entry, lines)
    series: dict[tuple[str | None, str | None], dict[tuple[str, Any], dict[str, Any]]] = {}
    for line in lines:
        if line["part"] in parts and line["value"] is not None:
            series.setdefault((line["group"], line["currency"]), {})[line["part"], line["as_of"]] = line
    ordered = sorted(series, key=lambda key: (-len(series[key]), key[0] or "", key[1] or ""))
    # Nothing found is 0; a ratio of nothing is none.
    absent = 0.0 if entry.form == "total" else None
    panels = []
    for key in ordered[:MOST]:
        own = series[key]
        last = [own[part, months[-1]] for part in parts if (part, months[-1]) in own]
        drawn = [
            (part_words(entry, part), [_plotted(own.get((part, month)), absent) for month in months]) for part in parts
        ]
        heading = ", ".join(filter(None, key)) or say(entry.title)
        lasts = joined(f"{part_words(entry, line['part'])} {value_text(line)}".strip() for line in last)
        text = lasts or say("no figure on the last day")
        panels.append(Panel(printable(heading), [f"{month:%Y-%m}" for month in months], drawn, printable(text)))
    return panels


def _parts_drawn(entry: Figure, lines: Sequence[dict[str, Any]]) -> list[str]:
    named = list(dict.fromkeys([*entry.parts, *(line["part"] for line in lines)]))
    if entry.adds_up:
        return [TOTAL]
    if entry.form == "forecast":
        return [WAPE]
    return named[: 2 if entry.form in {"quantile", "total"} else 1]


def _plotted(line: dict[str, Any] | None, absent: float | None) -> float | None:
    # The plot is the one place where a value may lose digits.
    return absent if line is None else float(line["value"])
