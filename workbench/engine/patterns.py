"""Regular expressions as DuckDB reads them (RE2), said for Java, where some of the same signs mean more."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Java's \s has the vertical tab as well.
SPACE = r"\t\n\f\r "
PIECE = re.compile(r"\\(?:[pP]\{[^}]*\}|.)|.", re.DOTALL)


def java_pattern(pattern: str) -> str:
    """The pattern that finds in Java what `pattern` finds in RE2.

    Java's $ also stands before a last line break, its . stops at more line breaks, a [ inside a class opens another.
    """
    return "(?d)" + "".join(_pieces(pattern))


def _pieces(pattern: str) -> Iterator[str]:
    in_class = False
    for piece in PIECE.findall(pattern):
        if piece == r"\s":
            yield SPACE if in_class else f"[{SPACE}]"
        elif in_class:
            in_class = piece != "]"
            yield "\\" + piece if piece in {"[", "&"} else piece
        else:
            in_class = piece == "["
            yield r"\z" if piece == "$" else piece


def java_replacement(text: str) -> str:
    r"""A replacement with its groups as Java writes them: \1 is $1, and a $ is only a $."""
    return re.sub(r"\\([0-9])|[$]", lambda found: f"${found[1]}" if found[1] else r"\$", text)


def replaces_once(pattern: str) -> bool:
    """Whether a pattern can match only once, so that replacing the first match replaces all."""
    depth, lowest = 0, False
    for piece in PIECE.findall(pattern):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        lowest = lowest or (piece == "|" and depth == 0)
    anchored = pattern.endswith("$") and not pattern.endswith(r"\$")
    return not lowest and (anchored or pattern.startswith("^"))
