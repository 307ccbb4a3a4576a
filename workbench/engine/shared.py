"""The shared views: which of them a text reads, in what order they are made, and which are worth keeping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from workbench.frontmatter import read_sql
from workbench.settings import QUERIES

IN_A_FILE = "in a file"
# So many readers win back what the file of a kept view costs to write.
READERS = 4


@dataclass(frozen=True)
class SharedView:
    """One view: its SELECT, and whether its rows are kept: True, "when named", "in a file" or False.

    `by` is the table.column whose ranges part its rows: it has a column of that name, and what it joins or groups is
    joined or grouped by it.
    """

    name: str
    sql: str
    kept: bool | str
    by: str = ""


class SharedViews:
    """Views by name, from (metadata, SQL) pairs."""

    def __init__(self, texts: Iterable[tuple[dict[str, Any], str]]) -> None:
        self._views = {
            str(metadata.get("view", "")): SharedView(
                str(metadata.get("view", "")), sql, metadata.get("kept", False), metadata.get("by", "")
            )
            for metadata, sql in texts
        }
        self._words = {name: words(view.sql) - {name} for name, view in self._views.items()}

    def in_order(self) -> list[SharedView]:
        """All views, each after those it reads."""
        found = dict[str, None]()
        self._collect(set(self._views), found, frozenset())
        return [self._views[name] for name in found]

    def read(self, sql: str) -> list[str]:
        """The views that a text reads, each after those it reads itself."""
        found = dict[str, None]()
        self._collect(words(sql), found, frozenset())
        return list(found)

    def _collect(self, named: set[str], found: dict[str, None], above: frozenset[str]) -> None:
        for name in sorted(named & self._views.keys() - above):
            if name not in found:
                self._collect(self._words[name], found, above | {name})
                found[name] = None

    def worth_keeping(self, texts: Collection[str], *, large: bool) -> dict[str, SharedView]:
        """The views to keep for the texts to come; a file is worth it on a large snapshot with enough readers."""
        readers = Counter(name for text in texts for name in self.read(text))
        return {
            name: view
            for name, view in self._views.items()
            if view.kept and (view.kept != IN_A_FILE or (large and readers[name] >= READERS))
        }


def words(sql: str) -> set[str]:
    """Every name and keyword of a text, those in comments too."""
    return set(re.findall(r"\w+", sql))


@cache
def installed() -> SharedViews:
    """The views of queries/2_canonical/views."""
    return SharedViews(read_sql(file) for file in sorted((QUERIES / "2_canonical/views").glob("*.sql")))
