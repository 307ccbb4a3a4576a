"""HTML of our own making as a tree of elements, its pictures kept as they are."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
LABEL = re.compile(r'aria-label="([^"]*)"')
ENCODED = "data:image/svg+xml;base64,"
VOID = frozenset("br hr img input link meta wbr".split())


@dataclass
class Node:
    """An element: its tag, classes, attributes, and what it holds in order; a picture is `img` with `svg` and `alt`."""

    tag: str
    classes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def find(self, *tags: str) -> Iterator[Node]:
        """Every element below with one of these tags, in order."""
        for child in self.children:
            if isinstance(child, Node):
                if child.tag in tags:
                    yield child
                yield from child.find(*tags)

    @property
    def text(self) -> str:
        """All its text as it stands."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)


def read_tree(page: str) -> Node:
    """The tree of a page. Values in it are escaped, so no text of theirs can open or end an element."""
    tree = _Tree(SVG.findall(page))
    places = iter(range(page.count("<svg")))
    tree.feed(SVG.sub(lambda found: _placeholder(found[0], next(places)), page))
    tree.close()
    return tree.open[0]


def _placeholder(svg: str, place: int) -> str:
    label = LABEL.search(svg)
    return f'<img data-place="{place}" alt="{label[1] if label else ""}">'


class _Tree(HTMLParser):
    def __init__(self, pictures: list[str]) -> None:
        super().__init__()
        self.pictures = pictures
        self.open = [Node("root")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if "data-place" in known:
            known["svg"] = self.pictures[int(known["data-place"])]
        elif known.get("src", "").startswith(ENCODED):
            known["svg"] = base64.b64decode(known["src"].removeprefix(ENCODED)).decode()
        node = Node(tag, known.get("class", "").split(), known)
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in (node.tag for node in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)
