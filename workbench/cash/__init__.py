"""Unapplied cash, receipt by receipt: what fits is ranked, accepted or refused, and goes out as applications."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {"Desk": "desk", "cash": "desk", "Counter": "counter"}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for: a desk without buttons needs no widget library."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.cash' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.cash.{_HOME[name]}"), name)
