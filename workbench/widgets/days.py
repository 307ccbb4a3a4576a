"""Dates as a notebook's parameters give them."""

from __future__ import annotations

from datetime import date

from workbench.errors import WorkbenchError
from workbench.language import say


def day(text: str) -> date | None:
    """A date from YYYY-MM-DD, None from an empty text; WorkbenchError for anything else."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WorkbenchError(say("'{text}' is no date.", text=text), say("give YYYY-MM-DD, as 2025-03-31")) from error
