"""Blocks fitted to the paper: widths of columns as a browser would choose them, and ends of lines in long words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from workbench.pack.pdf.reading import Block, Run
from workbench.pack.pdf.signs import breakable, parts, shown, spelt, width

PAPER = 516.0
CELL, BODY, HEADING = 7.4, 9.2, 21.5
# Ems that a line of each kind has at least.
LINE = PAPER / BODY - 2
LINES = {"title": PAPER / HEADING, "heading": PAPER / HEADING, "verdict": PAPER / 13, "amount": 10.5, "facts": 40.0}
# Some room beside each cell for what letters run wider than thought.
PADDING = 9.0
# A typewriter letter is 0.6 of its size, which is this part of the text around it.
CODE = 0.6 * 0.88
BOLD = 1.04
KEY_AT_LEAST = 20 * CODE
NUMBER_AT_MOST = 14.0
BAR_AMOUNT = 10.0
MOST_LINES = 30
EMPTY: dict[str, Any] = {"runs": [], "kind": "text"}


def fitted(blocks: list[Block]) -> list[Block]:
    """The same blocks as the page is set from: every text in signs the fonts hold, tables with `widths` in points."""
    return [_fitted(block) for block in blocks]


def _fitted(block: Block) -> Block:
    kind = block["kind"]
    if kind == "table":
        return _table(block)
    made = dict(block)
    if "runs" in block:
        made["runs"] = _runs(block["runs"], LINES.get(block.get("style") or kind, LINE))
    if "blocks" in block:
        made["blocks"] = fitted(block["blocks"])
    if kind == "bars":
        made["rows"] = [_bar(row) for row in block["rows"]]
    if "pairs" in block:
        made["pairs"] = [[_runs(side, LINES["facts"]) for side in pair] for pair in block["pairs"]]
    if "items" in block:
        made["items"] = [_runs(item, LINE) for item in block["items"]]
    if kind == "code":
        made["text"] = breakable(shown(block["text"]), LINE)
    if kind == "picture":
        made |= {"svg": shown(block["svg"]), "words": shown(block["words"])}
    return made


def _bar(row: dict[str, Any]) -> dict[str, Any]:
    sides = {
        way: row[way] and row[way] | {"text": breakable(row[way]["text"], BAR_AMOUNT)} for way in ("under", "over")
    }
    return {"label": _runs(row["label"], PAPER / CELL / 4), **sides}


def _runs(runs: list[Run], room: float) -> list[Run]:
    """Runs with their language, in which no part is wider than `room` ems without a place to end the line."""
    made = []
    for run in runs:
        if "text" not in run:
            made.append(run)
            continue
        text = breakable(shown(run["text"]), room, measure_of(run))
        made += [run | {"text": piece} | ({"lang": lang} if lang else {}) for piece, lang in spelt(text)]
    return made


def _table(block: Block) -> Block:
    head = [cell | {"runs": [run | {"bold": True} for run in cell["runs"]]} for cell in block["head"]]
    rows = [[_keyed(cell) for cell in row] for row in block["rows"]]
    columns = max((len(row) for row in [head, *rows]), default=0)
    room = PAPER - PADDING * columns
    widths = columns_of([head, *rows], columns, room / CELL)
    full = [row + [EMPTY] * (columns - len(row)) if row else row for row in [head, *rows]]
    cells = [[_cell(cell, wide) for cell, wide in zip(row, widths, strict=False)] for row in full]
    return block | {
        "caption": _runs(block["caption"], LINE),
        "widths": [f"{wide * CELL + PADDING:.2f}" for wide in widths],
        "head": cells[0],
        "rows": cells[1:],
    }


def _keyed(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell of ids, its runs in typewriter."""
    return cell | {"runs": [run | {"code": True} for run in cell["runs"]]} if cell["kind"] == "key" else cell


def _cell(cell: dict[str, Any], wide: float) -> dict[str, Any]:
    lines = sum(_width(line) // wide + 1 for line in _lines(cell["runs"]))
    return cell | {"runs": _runs(cell["runs"], wide), "tall": lines > MOST_LINES}


def columns_of(rows: list[list[dict[str, Any]]], columns: int, room: float) -> list[float]:
    """Widths in ems that fill `room`: each at least its longest word where they all fit, the rest shared by need."""
    least, most = [1.0] * columns, [1.0] * columns
    for row in rows:
        for place, cell in enumerate(row):
            least[place] = max(least[place], _least(cell))
            most[place] = max([most[place], *map(_width, _lines(cell["runs"]))])
    if sum(least) >= room:
        return _squeezed(least, room)
    spare = room - sum(least)
    wanted = [max(0.0, wide - low) for wide, low in zip(most, least, strict=True)]
    share = min(1.0, spare / sum(wanted)) if sum(wanted) else 0.0
    widths = [low + want * share for low, want in zip(least, wanted, strict=True)]
    left = room - sum(widths)
    return [wide * (1 + left / sum(widths)) for wide in widths]


def _squeezed(least: list[float], room: float) -> list[float]:
    """Widths for columns whose longest words do not fit: the widest give way first."""
    limit = max(least)
    for low, high in pairwise([0.0, *sorted(least)]):
        above = [wide for wide in least if wide >= high]
        fixed = sum(wide for wide in least if wide < high)
        limit = (room - fixed) / len(above)
        if limit <= high and limit >= low:
            break
    return [min(wide, limit) for wide in least]


def _least(cell: dict[str, Any]) -> float:
    lines = list(_lines(cell["runs"]))
    longest = max((_longest(run) for line in lines for run in line), default=0.0)
    if cell["kind"] == "number":
        return max(longest, min(max(map(_width, lines), default=0.0), NUMBER_AT_MOST))
    parts = [min(_longest(run), KEY_AT_LEAST) if run.get("code") else _longest(run) for line in lines for run in line]
    return max(parts, default=0.0)


def _lines(runs: list[Run]) -> Iterator[list[Run]]:
    line: list[Run] = []
    for run in runs:
        if "text" in run:
            line.append(run)
        else:
            yield line
            line = []
    yield line


def _width(line: list[Run]) -> float:
    return sum(measure_of(run)(run["text"]) for run in line)


def _longest(run: Run) -> float:
    return max(map(measure_of(run), parts(run["text"])), default=0.0)


def measure_of(run: Run) -> Callable[[str], float]:
    """What says how many ems a text of this run is wide."""
    if run.get("code"):
        return lambda text: len(text) * CODE
    return (lambda text: width(text) * BOLD) if run.get("bold") else width
