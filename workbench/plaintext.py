"""Text that stays text: in every spreadsheet, on its line and in its reading direction."""

from __future__ import annotations


def as_text(value: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before = + - @ tab and return."""
    return f"'{value}" if value and value[0] in "=+-@\t\r" else value


def printable(text: object) -> str:
    """A text in which characters that end a line or turn the reading direction are blanks."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))
