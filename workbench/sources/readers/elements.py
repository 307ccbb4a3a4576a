"""Follow the elements of an XML file and make records of those that a reader knows, in bounded memory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from lxml import etree

from workbench.errors import WorkbenchError
from workbench.sources.readers import Record

MAIN = "documents"
BLOCK = 1 << 16
MOST_TEXT = 1 << 16
MOST_TAG = 4 << 20
SHOWN = 2_000
DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(Z|[+-]\d\d:\d\d)?")
DAYS = frozenset({"issue_date", "due_date", "period_from", "period_to"})


@dataclass
class Frame:
    """The values of one record, or of a part of one, that is being read, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""


Ended = Callable[["Walk", Frame], None]


@dataclass
class Element:
    """What becomes of an element: its text and attributes go to columns of the open frame; it may open one itself.

    `begun` and `ended` are called with the frame that the element opens.
    """

    column: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    begun: Ended | None = None
    ended: Ended | None = None
    children: dict[str, Element] = field(default_factory=dict)


class Shape:
    """Makes elements of paths such as "Item/Name" or "InvoicedQuantity@unitCode", in any of the given namespaces."""

    def __init__(self, *namespaces: str) -> None:
        self.namespaces = namespaces

    def element(
        self,
        columns: Mapping[str, str],
        parts: Mapping[str, Element] | None = None,
        *,
        begun: Ended | None = None,
        ended: Ended | None = None,
    ) -> Element:
        """An element whose descendants go to `columns` or are `parts` of their own, by path."""
        made = Element(begun=begun, ended=ended)
        for path, column in columns.items():
            steps, _, attribute = path.partition("@")
            target = self._at(made, steps)
            if attribute:
                target.attributes[attribute] = column
            else:
                target.column = column
        for path, part in (parts or {}).items():
            above, _, last = path.rpartition("/")
            self.put(self._at(made, above), last, part)
        return made

    def put(self, above: Element, name: str, child: Element) -> None:
        """Make `child` what an element of this name below `above` is."""
        for namespace in self.namespaces:
            above.children[f"{{{namespace}}}{name}"] = child

    def _at(self, element: Element, path: str) -> Element:
        for step in path.split("/") if path else ():
            child = element.children.get(f"{{{self.namespaces[0]}}}{step}")
            if child is None:
                child = Element()
                self.put(element, step, child)
            element = child
        return element


class Walk:
    """A parser's target: follows the elements of a file and collects the records of the documents in it.

    `top` knows the documents; whatever wraps them is passed through, and what no element knows is passed over. What
    breaks is a record of `main` with a problem.
    """

    what = "electronic invoice"
    main = MAIN

    def __init__(self, top: Element, name: str) -> None:
        self.documents = 0
        self.positions = 0
        self.moved = False
        self.frames: list[Frame] = []
        self.name = name
        self._top, self._open = top, [top]
        self._below = self._size = 0
        self._text: list[str] | None = None
        self._records: list[Record] = []
        self._digest = hashlib.sha256()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self.moved = True
        here = self._open[-1]
        element = None if self._below else here.children.get(tag)
        if element is None:
            if here is self._top:
                self._open.append(here)
            else:
                self._below += 1
            return
        self._open.append(element)
        if element.ended:
            self.frames.append(Frame())
            if element.begun:
                element.begun(self, self.frames[-1])
        for name, column in element.attributes.items():
            self._keep(column, attributes.get(name, ""))
        self._text, self._size = ([], 0) if element.column else (None, 0)

    def data(self, text: str) -> None:
        """Text of the element that is open."""
        self.moved = True
        if self._text is None or self._below:
            return
        self._size += len(text)
        if self._size > MOST_TEXT:
            self._text, column = None, self._open[-1].column
            self.frames[-1].problem = f"has more than {MOST_TEXT:,} characters in {column}"
        else:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        """An element ends."""
        self.moved = True
        if self._below:
            self._below -= 1
            return
        element = self._open.pop()
        if self._text is not None and element.column:
            self._keep(element.column, "".join(self._text))
        self._text = None
        if element.ended:
            element.ended(self, self.frames.pop())

    def doctype(self, *_names: str | None) -> None:
        """Raises WorkbenchError: entities and other files come in through a document type alone."""
        raise WorkbenchError(
            f"{self.name} declares a document type (DOCTYPE), which no {self.what} has.", "do not trust it"
        )

    def close(self) -> None:
        """The file ends."""

    def _keep(self, column: str, value: str) -> None:
        value = value.strip()
        if len(value) > MOST_TEXT:
            self.frames[-1].problem = f"has more than {MOST_TEXT:,} characters in {column}"
        elif value:
            self.frames[-1].values.setdefault(column, day(value) if column in DAYS else value)

    def outer(self, part: Frame) -> dict[str, str]:
        """The values of the frame around a part that has ended, which takes over what is wrong with the part."""
        around = self.frames[-1]
        around.problem = around.problem or part.problem
        return around.values

    def emit(self, export: str, values: dict[str, str], problem: str = "") -> None:
        """Make a record of the document that is open."""
        self._digest.update(json.dumps([export, values, problem]).encode())
        values = {"document": str(self.documents), **values}
        if problem:
            self._records.append(Record(export, problem=problem, raw=shown(values)))
        else:
            self._records.append(Record(export, values))

    def taken(self) -> Iterator[Record]:
        """The records since the last time."""
        records, self._records = self._records, []
        return iter(records)

    def begin_document(self) -> None:
        """A document begins."""
        self.documents += 1
        self.positions = 0
        self._digest = hashlib.sha256()

    def content(self) -> str:
        """A hash of every record of the document so far: two files with one are the same document."""
        return self._digest.hexdigest()


def day(value: str) -> str:
    """A date as YYYY-MM-DD; one with a zone is the day that it names. Anything else as it came."""
    found = DAY.fullmatch(value)
    return f"{found[1]}-{found[2]}-{found[3]}" if found else value


def shown(values: object) -> str:
    """Values as the rejects show them."""
    return json.dumps(values, ensure_ascii=False)[:SHOWN]


class _Root:
    """A parser's target that raises its first tag."""

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        raise _FoundError(tag)

    def doctype(self, *_names: str | None) -> None:
        raise _FoundError("")

    def close(self) -> None:
        return


class _FoundError(Exception):
    """The tag of the first element; empty where there is a document type before it."""


def _parser(target: Any) -> etree.XMLParser:
    return etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def first_tag(head: bytes) -> str:
    """The tag of a file's root by its first bytes; empty where they are broken before it or declare a document type."""
    parser = _parser(_Root())
    try:
        for start in range(0, len(head), 1 << 10):
            parser.feed(head[start : start + (1 << 10)])
    except _FoundError as found:
        return str(found.args[0])
    except etree.XMLSyntaxError:
        return ""
    return ""


def begins_with(head: bytes, roots: frozenset[str], namespaces: tuple[str, ...]) -> bool:
    """Whether a file's first bytes are those of one of these roots, or wrap one (StandardBusinessDocument).

    Where they are too broken to tell, a namespace that is named in them says it.
    """
    tag = first_tag(head)
    if tag and not tag.endswith("}StandardBusinessDocument"):
        return tag in roots
    plain = head.replace(b"\0", b"")
    return any(namespace.encode() in plain for namespace in namespaces)


def read_records(stream: BinaryIO, name: str, top: Element, what: str) -> Iterator[Record]:
    """The records of the documents in a file, as `walk_records` gives them."""
    return walk_records(stream, Walk(top, name), what)


def walk_records(stream: BinaryIO, walk: Walk, what: str) -> Iterator[Record]:
    """The records that a walk collects; a file that breaks gives what was whole, and what is left as a problem.

    Raises WorkbenchError for a document type, and where the file holds no document.
    """
    parser = _parser(walk)
    still = 0
    try:
        while block := stream.read(BLOCK):
            walk.moved = False
            parser.feed(block)
            yield from walk.taken()
            # The parser holds a tag or comment whole until it ends.
            still = 0 if walk.moved else still + len(block)
            if still > MOST_TAG:
                raise WorkbenchError(
                    f"{walk.name} has a tag or comment of more than {MOST_TAG >> 20} MB.", "look at it"
                )
        parser.close()
    except etree.XMLSyntaxError as error:
        yield from walk.taken()
        message = " ".join(str(error.msg).split())[:160]
        raw = shown([frame.values for frame in walk.frames]) if walk.frames else ""
        yield Record(walk.main, problem=f"is no whole XML: {message}", raw=raw)
        return
    yield from walk.taken()
    if not walk.documents:
        raise WorkbenchError(f"{walk.name} holds no {what}.", "look at what it holds")
