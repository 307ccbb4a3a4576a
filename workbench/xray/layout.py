"""The pieces of an x-ray's page: escaped HTML that needs no style sheet, no script and no colour of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from string import Formatter

from workbench.language import html_language
from workbench.markup import cell_text, html_table, without_empty
from workbench.settlement.codes import sense

EDGE = "1px solid rgba(128,128,128,.35)"
QUIET = "opacity:.75;font-size:.88em"
# Nothing but this page itself and its inline styles: no script, no font, no address.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
BODY = (
    "margin:0 auto;max-width:1320px;padding:28px 32px 48px;font:15px/1.5 system-ui,'Segoe UI','Noto Sans',Arial,"
    "sans-serif;background:Canvas;color:CanvasText"
)


def parts(sentence: str, **values: str) -> list[str]:
    """A sentence with {names} in it as its words and the values of its names, each for itself; none is empty."""
    found: list[str] = []
    for words, name, _, _ in Formatter().parse(sentence):
        found += [words.strip(), values[name] if name else ""]
    return [each for each in found if each]


def heading(title: str, under: Iterable[str], signs: Iterable[str] = ()) -> str:
    """The name of what is looked at, words below it, and signs that must not be overlooked.

    Names of any script stand beside each other, so each keeps its direction to itself.
    """
    marks = "".join(
        f'<span style="border:2px solid currentColor;border-radius:4px;padding:1px 8px;margin-left:10px;'
        f'font-size:14px;font-weight:600;white-space:nowrap;vertical-align:middle">{escape(sign)}</span>'
        for sign in signs
    )
    told = " ".join(f"<bdi>{escape(words)}</bdi>" for words in under)
    return (
        f'<div style="margin:0 0 14px"><h2 style="margin:0;font-size:24px;line-height:1.25;overflow-wrap:anywhere">'
        f"<bdi>{escape(title)}</bdi>{marks}</h2>"
        f'<div style="{QUIET};overflow-wrap:anywhere">{told}</div></div>'
    )


def tiles(entries: Iterable[tuple[str, object, str]]) -> str:
    """A few figures side by side: what, how much, and a line of words."""
    boxes = (
        f'<div style="border:{EDGE};border-radius:6px;padding:8px 14px;flex:1 1 150px;min-width:0">'
        f'<div style="{QUIET}">{escape(what)}</div>'
        f'<div style="font-size:20px;font-weight:650;font-variant-numeric:tabular-nums;overflow-wrap:anywhere">'
        f"{escape(cell_text(value)) or '&#8211;'}</div>"
        f'<div style="{QUIET};overflow-wrap:anywhere">{escape(words)}</div></div>'
        for what, value, words in entries
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:10px;margin:0 0 14px">{"".join(boxes)}</div>'


def facts_list(entries: Iterable[tuple[str, object]]) -> str:
    """Names and values in columns; what has no value is left out."""
    cells = (
        f'<div style="display:flex;gap:10px;min-width:0"><span style="{QUIET};flex:0 0 118px">{escape(name)}</span>'
        f'<span style="min-width:0;overflow-wrap:anywhere">{escape(cell_text(value))}</span></div>'
        for name, value in entries
        if cell_text(value)
    )
    return (
        '<div style="display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:2px 28px;'
        f'margin:0 0 6px">{"".join(cells)}</div>'
    )


def section(title: str, *parts: str) -> str:
    """A chapter with its heading; nothing where it has no content."""
    body = "".join(parts)
    if not body:
        return ""
    head = f'<h3 style="margin:26px 0 8px;padding-top:10px;border-top:{EDGE};font-size:17px">{escape(title)}</h3>'
    return f"<section>{head}{body}</section>"


def small(html: str) -> str:
    """A wide table in smaller letters."""
    return f'<div style="font-size:.88em">{html}</div>'


def said(text: str) -> str:
    """A sentence."""
    return f'<p style="margin:4px 0 8px;overflow-wrap:anywhere">{escape(text)}</p>' if text else ""


def warning(text: str) -> str:
    """A sentence that must not be overlooked."""
    return (
        '<p role="note" style="margin:6px 0 12px;padding:8px 12px;border-left:4px solid currentColor;'
        f'background:rgba(128,128,128,.12);overflow-wrap:anywhere">{escape(text)}</p>'
    )


def records(rows: Sequence[Mapping[str, object]], *, caption: str = "", limit: int | None = None) -> str:
    """A table of records that share their names, without the columns that are empty in all of them.

    The names are said, each in its sense.
    """
    full = without_empty(rows)
    if not full or not full[0]:
        return ""
    columns = list(full[0])
    cells = [[row[name] for name in columns] for row in full]
    return html_table([sense(name) for name in columns], cells, caption=caption, limit=limit)


def page(title: str, body: str) -> str:
    """A whole page of a fragment: it opens from a folder, without a script, in the reader's light or dark."""
    return (
        f'<!doctype html>\n<html lang="{html_language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{escape(title)}</title></head><body style="{BODY}"><main>{body}</main></body>'
        "</html>\n"
    )
