"""Receivables: what was open on any day, by two clocks, and that it adds up to the ledger."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "receivables": "items",
    "OpenItems": "items",
    "statement": "statements",
    "Statement": "statements",
    "roll_forward": "movement",
    "RollForward": "movement",
    "restated": "restatement",
    "Restatement": "restatement",
    "assert_identities": "identities",
    "Identity": "identities",
    "Bucket": "buckets",
    "month_ends": "books",
    "make_open_items": "books",
    "section_html": "section",
    "identities_html": "section",
    "section_text": "section",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.receivables' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.receivables.{_HOME[name]}"), name)
