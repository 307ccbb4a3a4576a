"""Say again what stands in English in a file or a table: evidence holds the same bytes in every language.

A page that shows such a text knows the messages it may have been made of; the one that fits is said with the values
that stand in the text. What none of them fits is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, reduce
from string import Formatter

from workbench.language import ENGLISH, language, mark, say

Messages = tuple[str, ...]
LIST, CLAUSES = mark(", "), mark("; ")


def retold(text: str, messages: Messages, inner: Messages = ()) -> str:
    """A text made of one of the messages, in the language in force; values named in `inner` are such texts themselves.

    Where several fit, one that begins with words of its own is taken before others, then the one with most of them.
    """
    if language() == ENGLISH:
        return text
    for message, pattern in _patterns(messages):
        found = pattern.fullmatch(text)
        if found:
            values = {name: _inner(value, messages, inner) if name in inner else value for name, value in _of(found)}
            return say(message, **values)
    return text


def _inner(value: str, messages: Messages, inner: Messages) -> str:
    """A text in a text: one of the messages, or several with semicolons or commas between them."""
    whole = retold(value, messages, inner)
    if whole != value:
        return whole
    between, join = ("; ", joined) if "; " in value else (", ", listed)
    return join(retold(part, messages, inner) for part in value.split(between))


def retold_clauses(text: str, messages: Messages, inner: Messages = ()) -> str:
    """The same of a text that may be several clauses with semicolons between them."""
    whole = retold(text, messages, inner)
    if whole != text or language() == ENGLISH:
        return whole
    return joined(retold(part, messages, inner) for part in text.split("; "))


def joined(clauses: Iterable[str]) -> str:
    """Clauses in one line with semicolons between them."""
    return say(CLAUSES).join(clauses)


def together(sentences: Iterable[str]) -> str:
    """Sentences one after the other; empty for none."""
    said = list(sentences)
    return reduce(lambda one, other: say("{one} {other}", one=one, other=other), said) if said else ""


def listed(words: Iterable[str]) -> str:
    """Words in one line with commas between them."""
    return say(LIST).join(words)


def _of(found: re.Match[str]) -> Iterable[tuple[str, str]]:
    return found.groupdict().items()


@cache
def _patterns(messages: Messages) -> list[tuple[str, re.Pattern[str]]]:
    parsed = [(message, list(Formatter().parse(message))) for message in dict.fromkeys(messages)]
    parsed.sort(key=lambda entry: (not entry[1][0][0], -sum(len(words) for words, *_ in entry[1])))
    return [(message, re.compile(_pattern(parts), re.DOTALL)) for message, parts in parsed]


def _pattern(parts: list[tuple[str, str | None, str | None, str | None]]) -> str:
    made, named = "", set[str]()
    for words, name, *_ in parts:
        made += re.escape(words)
        if name:
            made += f"(?P={name})" if name in named else f"(?P<{name}>.+?)"
            named.add(name)
    return made
