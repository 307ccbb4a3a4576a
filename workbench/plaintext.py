"""Text that stays text in every spreadsheet."""

from __future__ import annotations


def as_text(value: str | None) -> str | None:
    """A text that no spreadsheet takes for a formula: an apostrophe goes before = + - @ tab and return."""
    return f"'{value}" if value and value[0] in "=+-@\t\r" else value
