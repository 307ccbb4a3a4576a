"""Static HTML, every value escaped: what the pages and the notebook of a pack are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from workbench.language import say
from workbench.money import grouped
from workbench.plaintext import printable

# JupyterLab removes style sheets from a notebook it does not trust and aligns every cell right.
INLINE = {
    ' class="text"': ' style="text-align:left;vertical-align:top"',
    ' class="number"': ' style="text-align:right;vertical-align:top;white-space:nowrap"',
    ' class="key"': ' style="text-align:left;vertical-align:top;font-family:monospace"',
}


@dataclass(frozen=True)
class Page:
    """A piece of HTML that a notebook displays; nothing in it runs."""

    html: str

    def _repr_html_(self) -> str:
        html = self.html
        for name, style in INLINE.items():
            html = html.replace(name, style)
        return html

    def __repr__(self) -> str:
        return "a page: show it in a notebook"


@dataclass(frozen=True)
class Cell:
    """A table cell that is no plain text: ready HTML with the kind of its column (text, number, key)."""

    html: str
    kind: str = "text"


def text(value: object) -> str:
    """A value as HTML text; characters that turn the reading direction or end a line are shown as blanks."""
    return escape(printable("" if value is None else value))


def number(value: int) -> Cell:
    """A whole number, grouped."""
    return Cell(f"{value:,}", "number")


def key(value: object) -> Cell:
    """An id or a fingerprint."""
    return Cell(text(value), "key")


def money(amount: Decimal | None, currency: str | None, signed: bool = False) -> Cell:
    """An amount in its currency's digits with the currency; empty for None."""
    if amount is None:
        return Cell("", "number")
    plus = "+" if signed and amount > 0 else ""
    unit = text(currency or say("(no currency)"))
    return Cell(f"{plus}{grouped(amount, currency)} {unit}".replace("-", "\N{MINUS SIGN}", 1), "number")


def table(head: Sequence[object], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """A table; a heading that is Cell(..., "number") stands over its numbers. No rows: a line that says so."""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    if not body:
        return paragraphs([say("None.")])
    above = "".join(_cell(entry).replace("<td", '<th scope="col"').replace("</td>", "</th>") for entry in head)
    words = f"<caption>{text(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{words}<thead><tr>{above}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'


def _cell(value: object) -> str:
    cell = value if isinstance(value, Cell) else Cell(text(value))
    return f'<td class="{cell.kind}">{cell.html}</td>'


def right(words: str) -> Cell:
    """A heading over a column of numbers."""
    return Cell(text(words), "number")


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, one under the other."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{_inner(value)}</dd>\n" for name, value in pairs)
    return f'<dl class="facts">{rows}</dl>\n'


def _inner(value: object) -> str:
    return f'<span class="{value.kind}">{value.html}</span>' if isinstance(value, Cell) else text(value)


def paragraphs(sentences: Iterable[str]) -> str:
    """Sentences, a paragraph each."""
    return "".join(f"<p>{text(sentence)}</p>\n" for sentence in sentences)


def heading(words: str) -> str:
    """A heading inside a chapter."""
    return f"<h3>{text(words)}</h3>\n"


def capital(words: str) -> str:
    """Words that begin a sentence."""
    return words[:1].upper() + words[1:]


def bare(message: str) -> str:
    """A message without its {value}: a word that other places use too, and mean another thing by."""
    return say(message, value="").strip()


def flowing(sentences: Iterable[str]) -> str:
    """Sentences one after the other in one line."""
    together = ""
    for sentence in sentences:
        together = say("{first} {second}", first=together, second=sentence) if together else sentence
    return together


def coded(message: str, **codes: str) -> str:
    """A message said, as HTML, each of its named values as code."""
    html = escape(say(message, **{name: f"[[{name}]]" for name in codes}), quote=False)
    for name, code in codes.items():
        html = html.replace(f"[[{name}]]", f"<code>{text(code)}</code>")
    return html
