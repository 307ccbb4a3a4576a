"""Matching: two sides of items set against each other, certain ones automatically, the rest as proposals."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "match": "snapshots",
    "match_sides": "run",
    "Matching": "outcome",
    "Sides": "items",
    "Rules": "rules",
    "PASSES": "rules",
    "join": "joins",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.matching' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.matching.{_HOME[name]}"), name)
