"""The section "Where to look": as HTML for the pages of a pack, as HTML for a notebook, and as plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from workbench.language import ENGLISH, mark, say, speaking
from workbench.markup import Amount, cell_text, html_table
from workbench.plaintext import printable
from workbench.screens.blocks import SHOWN, WARNING, Grid, blocks
from workbench.screens.chart import image
from workbench.screens.results import Screening

TITLE = mark("Where to look")
NUMERIC = frozenset({"Amount", "By", "Values", "MAD", "By chance", "Excess", "Customer-products"})


def inline(svg: str, _words: str) -> str:
    """A picture as it is, so that the page's style sheet colours it."""
    return svg


def section_html(screening: Screening, most: int = SHOWN, draw: Callable[[str, str], str] = inline) -> str:
    """The section without its heading, in the classes of a pack's style sheet and without any style of its own.

    `most` rows of each result; `draw` turns an SVG and its words into HTML (a notebook takes an image).
    """
    parts = [_paragraph(say(WARNING)), _paragraph(_days(screening))]
    for block in blocks(screening, most):
        parts += [f"<h3>{safe(block.title)}</h3>\n", _paragraph(block.asks), *map(_paragraph, block.sentences)]
        parts += [draw(svg, words) for svg, words in block.pictures]
        parts += [_table(grid) for grid in block.grids]
        parts.append(f"<p><small>{safe(block.read_as)}</small></p>\n")
    return "".join(parts)


def section_page(screening: Screening, most: int = SHOWN) -> str:
    """The same for a notebook: styles stand in the tags, pictures are images."""
    parts = [f"<h3>{safe(say(TITLE))}</h3>", _paragraph(say(WARNING)), _paragraph(_days(screening))]
    for block in blocks(screening, most):
        parts += [f"<h4>{safe(block.title)}</h4>", _paragraph(block.asks), *map(_paragraph, block.sentences)]
        parts += [image(svg, words) for svg, words in block.pictures]
        parts += [html_table(grid.columns, _printable(grid), caption=_plain(grid.heading)) for grid in block.grids]
        parts.append(f"<p><small>{safe(block.read_as)}</small></p>")
    return "".join(parts)


def section_text(screening: Screening, most: int = SHOWN) -> str:
    """The same as lines of plain text, for a terminal: in English."""
    with speaking(ENGLISH):
        lines, found = [WARNING, _days(screening)], list(blocks(screening, most))
    for block in found:
        lines += ["", f"{block.title}: {block.asks}", *(f"  {_plain(sentence)}" for sentence in block.sentences)]
        for grid in block.grids:
            lines += [f"  {_plain(grid.heading)}", *_columns(grid)]
    return "\n".join(lines)


def _days(screening: Screening) -> str:
    return say("Days looked at: {days}.", days=screening.period.words)


def safe(value: object) -> str:
    """A value as HTML text; characters that turn the reading direction or end a line are shown as blanks."""
    return escape(_plain(value))


def _plain(value: object) -> str:
    return printable(f"{value:,.1f}" if isinstance(value, float) else cell_text(value))


def _paragraph(sentence: str) -> str:
    return f"<p>{safe(sentence)}</p>\n"


def _table(grid: Grid) -> str:
    kinds = _kinds(grid)
    head = "".join(
        f'<th scope="col" class="{kind}">{safe(name)}</th>' for name, kind in zip(grid.columns, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>\n" for row in grid.rows)
    return (
        f'<div class="wide"><table><caption>{safe(grid.heading)}</caption><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{body}</tbody></table></div>\n"
    )


def _cells(row: Sequence[object], kinds: Sequence[str]) -> str:
    return "".join(f'<td class="{kind}">{safe(cell)}</td>' for cell, kind in zip(row, kinds, strict=True))


def _kinds(grid: Grid) -> list[str]:
    """Per column "number" or "text"."""
    numeric = set(map(say, NUMERIC))
    return [
        "number"
        if name in numeric
        or any(isinstance(row[place], int | float | Amount) and not isinstance(row[place], bool) for row in grid.rows)
        else "text"
        for place, name in enumerate(grid.columns)
    ]


def _printable(grid: Grid) -> list[list[object]]:
    return [[cell if isinstance(cell, int | Amount) else _plain(cell) for cell in row] for row in grid.rows]


def _columns(grid: Grid) -> list[str]:
    """Rows under their columns, each as wide as its longest cell."""
    table = [grid.columns, *([_plain(cell) for cell in row] for row in grid.rows)]
    kinds = _kinds(grid)
    widths = [max(len(row[place]) for row in table) for place in range(len(grid.columns))]
    return [
        "    "
        + "  ".join(
            cell.rjust(width) if kind == "number" else cell.ljust(width)
            for cell, width, kind in zip(row, widths, kinds, strict=True)
        ).rstrip()
        for row in table
    ]
