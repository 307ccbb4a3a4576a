"""The section "Figures": as HTML for the pages of a pack, as HTML for a notebook, and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from workbench.figures.blocks import SHOWN, WORDY, Block, blocks, wordy
from workbench.figures.chart import image
from workbench.figures.results import Figures
from workbench.language import ENGLISH, mark, say, speaking
from workbench.markup import html_table
from workbench.plaintext import printable

TITLE = mark("Figures")
CLOCKS = {"known": mark("as known then (by posting date)"), "dated": mark("as dated (by business date)")}
PER = {
    "entity": mark("{clock}, per entity"), "customer": mark("{clock}, per customer"),
    "segment": mark("{clock}, per segment"), "owner": mark("{clock}, per owner"),
}  # fmt: skip


def heading(found: Figures) -> str:
    """The days, the clock, the grouping and the currency of the figures, as one sentence."""
    clock = say(CLOCKS[found.ask.clock])
    clock = say(PER[found.ask.by], clock=clock) if found.ask.by else clock
    money = say("each currency by itself")
    if found.ask.currency:
        money = say("in {currency} at the rates of the day", currency=found.ask.currency)
    told = say("Figures {days}; {clock}; {money}.", days=found.window.words, clock=clock, money=money)
    if found.first_day is None:
        told = say("{told} The snapshot has no document and no receipt that counts.", told=told)
    elif found.window.as_of < found.first_day:
        message = mark("{told} The first row is of {first}; nothing was there on {day}.")
        told = say(message, told=told, first=found.first_day, day=found.window.as_of)
    return printable(told)


def section_html(found: Figures, trends: bool = True, most: int = SHOWN) -> str:
    """The section without its heading, in the classes of a pack's style sheet and without any style of its own."""
    parts = [_paragraph(heading(found))]
    for block in blocks(found, trends, most):
        parts += [
            f"<h3>{escape(printable(block.title))}</h3>\n",
            _paragraph(block.formula),
            *map(_paragraph, block.sentences),
        ]
        parts += [block.picture[0]] if block.picture else []
        parts.append(_table(block))
        parts.append(f"<p><small>{escape(printable(block.says))}</small></p>\n")
    return "".join(parts)


def section_page(found: Figures, trends: bool = False, most: int = SHOWN) -> str:
    """The same for a notebook: styles stand in the tags, pictures are images."""
    parts = [f"<h3>{escape(say(TITLE))}</h3>", _paragraph(heading(found))]
    for block in blocks(found, trends, most):
        parts += [f"<h4>{escape(printable(block.title))}</h4>", *map(_paragraph, [block.formula, *block.sentences])]
        parts += [image(*block.picture)] if block.picture else []
        parts += [html_table(block.columns, block.rows)] if block.rows else []
        parts.append(f"<p><small>{escape(printable(block.says))}</small></p>")
    return "".join(parts)


def section_text(found: Figures, most: int = SHOWN) -> str:
    """The same as lines of plain text, without pictures, for a terminal: in English."""
    with speaking(ENGLISH):
        lines, every = [heading(found)], list(blocks(found, trends=False, most=most))
    for block in every:
        lines += [
            "",
            printable(block.title),
            *(f"  {printable(sentence)}" for sentence in block.sentences),
            *_columns(block),
        ]
    return "\n".join(lines)


def _paragraph(sentence: str) -> str:
    return f"<p>{escape(printable(sentence))}</p>\n"


def _table(block: Block) -> str:
    if not block.rows:
        return ""
    texts = wordy()
    kinds = ["text" if name in texts else "number" for name in block.columns]
    head = _cells("th", block.columns, kinds)
    body = "".join(f"<tr>{_cells('td', row, kinds)}</tr>\n" for row in block.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'


def _cells(tag: str, row: Sequence[str], kinds: Sequence[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "".join(
        f'<{tag}{scope} class="{kind}">{escape(cell)}</{tag}>' for cell, kind in zip(row, kinds, strict=True)
    )


def _columns(block: Block) -> list[str]:
    """Rows under their columns, each as wide as its longest cell."""
    if not block.rows:
        return []
    table = [block.columns, *block.rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(block.columns))]
    return [
        "    "
        + "  ".join(
            cell.ljust(width) if name in WORDY else cell.rjust(width)
            for cell, width, name in zip(row, widths, block.columns, strict=True)
        ).rstrip()
        for row in table
    ]
