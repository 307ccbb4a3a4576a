"""Receivables as a section of a pack, as HTML for a notebook, and as plain text."""

from __future__ import annotations

from html import escape

from workbench.language import ENGLISH, mark, speaking
from workbench.markup import html_table
from workbench.plaintext import printable
from workbench.receivables.grids import SHOWN, Grid, Result, parts_of, proof
from workbench.receivables.identities import Proved
from workbench.receivables.text import aligned, is_number, words

TITLE = mark("Receivables")


def section_html(result: Result, most: int = SHOWN) -> str:
    """The section without its heading, in the classes of a pack's style sheet and without any style of its own.

    Sentences, the ageing, and the identities with their difference; every cell is escaped.
    """
    return "".join(
        f"<p>{escape(printable(part))}</p>\n" if isinstance(part, str) else _table(part)
        for part in parts_of(result, most)
    )


def identities_html(*proved: Proved) -> str:
    """The identities alone, for the first page of a pack: those that fail first, each with its difference."""
    return _table(proof([identity for part in proved for identity in part.identities]))


def page_html(result: Result, most: int = SHOWN) -> str:
    """The same for a notebook: styles stand in the tags."""
    return "".join(
        f"<p>{escape(printable(part))}</p>"
        if isinstance(part, str)
        else html_table(part.columns, [[_plain(cell) for cell in row] for row in part.rows], caption=part.heading)
        for part in parts_of(result, most)
    )


def section_text(result: Result, most: int = SHOWN) -> str:
    """The same as lines of plain text, for a terminal: in English."""
    lines: list[str] = []
    with speaking(ENGLISH):
        parts = parts_of(result, most)
    for part in parts:
        if isinstance(part, str):
            lines += ["", printable(part)]
        else:
            lines += ["", printable(part.heading), *(aligned(part.columns, part.rows) if part.rows else [part.empty])]
    return "\n".join(lines).strip()


def _plain(cell: object) -> object:
    return cell if is_number(cell) else words(cell)


def _table(grid: Grid) -> str:
    if not grid.rows:
        return f"<p>{escape(printable(grid.heading))}: {escape(grid.empty)}</p>\n"
    kinds = [
        "number" if any(is_number(row[place]) for row in grid.rows) else "text" for place in range(len(grid.columns))
    ]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in zip(grid.columns, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{kind}">{escape(words(cell))}</td>' for cell, kind in zip(row, kinds, strict=True))
        + "</tr>\n"
        for row in grid.rows
    )
    return (
        f'<div class="wide"><table><caption>{escape(printable(grid.heading))}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )
