"""A language in which every text that was said stands in brackets: what stands outside them was never translated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from gettext import NullTranslations

import pyarrow as pa
from lxml import html

from workbench.controls import choose
from workbench.snapshot import Snapshot

OPEN, CLOSE = "⟦", "⟧"
WORD = re.compile(r"[^\W\d_]{3,}")
SPOKEN_ATTRIBUTES = ("aria-label", "alt", "title", "placeholder")
NOT_PROSE = ("script", "style", "code", "pre")


class Pseudo(NullTranslations):
    """Every text in brackets; use it as speaking("ja", Pseudo())."""

    def gettext(self, message: str) -> str:
        """The text in brackets."""
        return f"{OPEN}{message}{CLOSE}"

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The form for a number in brackets."""
        return self.gettext(one if number == 1 else many)


def unsaid(page: str, known: Collection[str] = ()) -> list[str]:
    """Texts of a page that stand outside the brackets and have a word that is not `known` (data, ids, control texts).

    Text in code, script and style, and in elements with translate="no", is not looked at.
    """
    return sorted({text for text in _outside(page) if any(word.lower() not in known for word in WORD.findall(text))})


def _outside(page: str) -> Iterator[str]:
    for element in html.fromstring(page).iter():
        if not isinstance(element.tag, str) or _is_kept(element):
            continue
        for name in SPOKEN_ATTRIBUTES:
            yield without_brackets(element.get(name, ""))
        yield without_brackets(element.text or "")
        for child in element:
            yield without_brackets(child.tail or "")


def _is_kept(element: html.HtmlElement) -> bool:
    return any(node.tag in NOT_PROSE or node.get("translate") == "no" for node in (element, *element.iterancestors()))


def without_brackets(text: str) -> str:
    """A text without what stands in brackets, which may be nested."""
    depth, kept = 0, []
    for sign in text:
        depth += sign == OPEN
        if not depth:
            kept.append(sign)
        depth -= sign == CLOSE
    return "".join(kept).strip()


def words_of(values: Iterable[object]) -> set[str]:
    """The words of texts, in small letters."""
    return {word.lower() for value in values for word in WORD.findall(str(value))}


def known_words(snapshot: Snapshot, *tables: pa.Table) -> set[str]:
    """The words of a snapshot's data, of the controls' own texts and of more tables (findings with their reasons)."""
    known = words_of(control.text for control in choose())
    for file in snapshot.folder.glob("*.parquet"):
        tables = (*tables, pa.parquet.read_table(file))
    for table in tables:
        for column in table.columns:
            if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
                known |= words_of(column.unique().to_pylist())
    return known
