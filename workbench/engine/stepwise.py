"""Cut a long SELECT where its WITH names what is read more than once, so that each piece is planned on what it finds.

An engine that plans the whole at once has to guess how many rows a step will have, and builds the larger side of a join
where the guess is wrong. The text says what is computed; where it is cut changes no row. A step "as not materialized"
is written in wherever it is read. A comment "-- by table.column" above a step says that it may be worked out range by
range of its column of that name, or "as" another, whose values come from there.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

WORD = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$?[A-Za-z_]\w*|[(),]", re.DOTALL)
NAMED = re.compile(
    r"\s*,?\s*(?P<said>(?:--[^\n]*\s*)*)(?P<name>[A-Za-z_]\w*)\s+as(?P<inlined>\s+not\s+materialized)?\s*\(",
    re.IGNORECASE,
)
BY = re.compile(r"^-- by (\w+\.\w+(?: as \w+)?)\s*$", re.MULTILINE)
# Fewer columns would mean other rows where whole rows are compared, and other columns where the last SELECT takes all.
WHOLE_ROWS = re.compile(r"\bdistinct\s+(\w+\.)?\*|\b(union|except|intersect)\s+(?!all\b)", re.IGNORECASE)
ALL_COLUMNS = re.compile(r"(\bselect|,)\s+(\w+\.)?\*", re.IGNORECASE)
PREFIX = "step_"


@dataclass(frozen=True)
class Piece:
    """One SELECT of a longer one: the table its rows are kept in ("" for the last), and the words that come later.

    `later` is None where all columns count, whether named or not. `by` is the table.column whose ranges part its rows.
    """

    table: str
    sql: str
    later: frozenset[str] | None = None
    by: str = ""


@dataclass(frozen=True)
class _Named:
    name: str
    body: str
    is_inlined: bool
    by: str


@cache
def pieces(sql: str) -> tuple[Piece, ...]:
    """The SELECTs that give, one after the other, what `sql` gives; only itself where there is nothing to cut."""
    start, named, end = _steps(sql)
    rest = sql[end:]
    reads = _reads(sql)
    kept = {step.name for step in named if reads[step.name] > 1 and not step.is_inlined}
    if len({step.name for step in named}) < len(named) or not kept or _words(sql).count("with") > 1:
        return (Piece("", sql),)
    is_open = start == 0 and ALL_COLUMNS.search(rest) is not None
    made = []
    for number, step in enumerate(named):
        if step.name in kept:
            ahead = " ".join(later.body for later in named[number + 1 :]) + rest
            body = _with(named[:number], step.body, kept) + step.body
            later = None if is_open or WHOLE_ROWS.search(ahead) else frozenset(_words(ahead))
            made.append(Piece(PREFIX + step.name, body, later, step.by))
    return (*made, Piece("", sql[:start] + _with(named, rest, kept) + rest))


def _steps(sql: str) -> tuple[int, list[_Named], int]:
    """Where the first WITH begins, what it names in order, and where the SELECT behind it begins."""
    start = next((found.start() for found in WORD.finditer(sql) if found.group().lower() == "with"), len(sql))
    end, named = start + len("with"), list[_Named]()
    while found := NAMED.match(sql, end):
        close = _closing(sql, found.end())
        by = BY.search(found["said"])
        body, is_inlined = sql[found.end() : close], bool(found["inlined"])
        named.append(_Named(found["name"].lower(), body, is_inlined, by[1] if by else ""))
        end = close + 1
    return start, named, end


def _closing(sql: str, start: int) -> int:
    depth = 1
    for found in WORD.finditer(sql, start):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.start()
    return len(sql)


def _words(sql: str) -> list[str]:
    """Names and keywords, without what stands in texts and comments."""
    return [word.lower() for word in WORD.findall(sql) if word[0] not in "'\"-/(),"]


def _reads(sql: str) -> Counter[str]:
    """How often each name is read from."""
    words = _words(sql)
    return Counter(word for before, word in pairwise(words) if before in {"from", "join"})


def _with(named: list[_Named], reader: str, kept: set[str]) -> str:
    """A WITH of the steps that a SELECT names, and those that these name; what is kept is only looked up."""
    wanted, said = set(_words(reader)), list[str]()
    for step in reversed(named):
        if step.name not in wanted:
            continue
        if step.name in kept:
            said.append(f"{step.name} as not materialized (select * from temp.{PREFIX}{step.name})")
        else:
            wanted.update(_words(step.body))
            said.append(f"{step.name} as {'not materialized ' * step.is_inlined}({step.body})")
    return f"with {', '.join(reversed(said))}\n" if said else ""
