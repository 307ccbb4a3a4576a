"""summary.html as blocks of plain data: what the PDF sets, so that both say the same and a new section is in both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from workbench.pack.pdf.tree import Node, read_tree

Run = dict[str, Any]
Block = dict[str, Any]

INLINE = frozenset("a abbr b br code em i kbd mark small span strong sub sup time wbr".split())
BOLD = frozenset("b strong summary".split())
CODE = frozenset("code kbd".split())
TONES = ("bad", "good")
LEVELS = {"h2": 1, "h3": 2, "h4": 3, "h5": 3, "h6": 3}
BOXES = ("stop", "tiles", "tile", "signs", "sign")
STYLES = ("kicker", "verdict", "what", "amount")


def page_blocks(page: str) -> list[Block]:
    """The blocks of a page in order.

    A block is a dict with `kind`: contents (where the page has its own), title, heading (level, runs), paragraph
    (style, runs), table (caption, head, rows; a cell has runs and the kind of its column), facts (pairs), list (items),
    code (text), picture (svg, words), states (items), line, and boxes that hold blocks (stop, tiles, tile, signs,
    sign). A run is text with bold, code, small, tone, or a break. An element that is not known gives what it holds: no
    text is lost.
    """
    tree = read_tree(page)
    return list(_levelled(_blocks(next(tree.find("main"), tree))))


def _levelled(blocks: list[Block]) -> Iterator[Block]:
    """The same, no heading more than a level below the one before; one before the first chapter is a line in bold."""
    level = 0
    for block in blocks:
        if block["kind"] != "heading":
            yield block
        elif not level and block["level"] > 1:
            yield {"kind": "paragraph", "style": "lead", "runs": block["runs"]}
        else:
            level = min(block["level"], level + 1)
            yield block | {"level": level}


def _blocks(node: Node) -> list[Block]:
    made: list[Block] = []
    loose: list[Node | str] = []
    for child in node.children:
        if isinstance(child, str) or child.tag in INLINE:
            loose.append(child)
            continue
        made += _paragraph(loose) + _block(child)
        loose = []
    return made + _paragraph(loose)


def _paragraph(children: list[Node | str], style: str = "") -> list[Block]:
    runs = inline(children)
    return [{"kind": "paragraph", "style": style, "runs": runs}] if runs else []


def _block(node: Node) -> list[Block]:
    if node.tag in LEAVES:
        return LEAVES[node.tag](node)
    if "line" in node.classes:
        return [{"kind": "line"}]
    if "states" in node.classes:
        return [{"kind": "states", "items": [inline([child]) for child in node.children if isinstance(child, Node)]}]
    if box := next((name for name in BOXES if name in node.classes), ""):
        return [{"kind": box, "classes": node.classes, "blocks": _blocks(node)}]
    style = next((name for name in STYLES if name in node.classes), "")
    plain = (node.tag == "p" or style) and not next(node.find(*LEAVES), None)
    return _paragraph(node.children, style) if plain else _blocks(node)


def _heading(node: Node) -> list[Block]:
    return [{"kind": "heading", "level": LEVELS[node.tag], "runs": inline(node.children)}]


def _facts(node: Node) -> list[Block]:
    names, values = ([inline(entry.children) for entry in node.find(tag)] for tag in ("dt", "dd"))
    return [{"kind": "facts", "pairs": [list(pair) for pair in zip(names, values, strict=True)]}]


def _list(node: Node) -> list[Block]:
    items = [inline(item.children) for item in node.find("li")]
    return [{"kind": "list", "numbered": node.tag == "ol", "items": items}]


def _picture(node: Node) -> list[Block]:
    svg = node.attributes.get("svg")
    return [{"kind": "picture", "svg": svg, "words": node.attributes.get("alt") or "Picture"}] if svg else []


def _table(node: Node) -> list[Block]:
    caption = [run for entry in node.find("caption") for run in inline(entry.children)]
    rows = list(node.find("tr"))
    headed = bool(rows) and all(cell.tag == "th" for cell in rows[0].find("th", "td"))
    cells = [[_cell(cell) for cell in row.find("th", "td")] for row in rows]
    head = cells[0] if headed else []
    return [{"kind": "table", "caption": caption, "head": head, "rows": cells[headed:]}]


def _cell(node: Node) -> dict[str, Any]:
    kind = next((name for name in ("number", "key") if name in node.classes), "text")
    return {"runs": inline(node.children), "kind": kind}


def inline(children: list[Node | str]) -> list[Run]:
    """Text with its marks; blanks as a browser shows them, none at the ends of a line."""
    runs = _runs(children, {})
    for place, run in enumerate(runs):
        starts = place == 0 or "break" in runs[place - 1] or runs[place - 1].get("text", "").endswith(" ")
        ends = place == len(runs) - 1 or "break" in runs[place + 1]
        if "text" in run:
            run["text"] = run["text"].lstrip(" ") if starts else run["text"]
            run["text"] = run["text"].rstrip(" ") if ends else run["text"]
    return [run for run in runs if run.get("text") or "break" in run]


def _runs(children: list[Node | str], marks: Run) -> list[Run]:
    made: list[Run] = []
    for child in children:
        if isinstance(child, str):
            made.append({"text": re.sub(r"[ \t\r\n]+", " ", child), **marks})
        elif child.tag == "br":
            made.append({"break": True})
        else:
            made += _runs(child.children, marks | _marks(child))
    return made


def _marks(node: Node) -> Run:
    said: Run = {}
    if node.tag in BOLD:
        said["bold"] = True
    if node.tag in CODE or "key" in node.classes:
        said["code"] = True
    if node.tag == "small" or "unit" in node.classes:
        said["small"] = True
    if tone := next((name for name in TONES if name in node.classes), ""):
        said["tone"] = tone
    return said


LEAVES: dict[str, Callable[[Node], list[Block]]] = {
    **dict.fromkeys(("head", "script", "style", "template"), lambda _: []),
    **dict.fromkeys(LEVELS, _heading),
    "h1": lambda node: [{"kind": "title", "runs": inline(node.children)}],
    "nav": lambda _: [{"kind": "contents"}],
    "table": _table,
    "dl": _facts,
    "ul": _list,
    "ol": _list,
    "pre": lambda node: [{"kind": "code", "text": node.text.strip("\n")}],
    "img": _picture,
    "summary": lambda node: _paragraph([node]),
}
