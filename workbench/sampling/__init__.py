"""Sampling papers: how many items, which ones, and what they say of the rest, in a form a stranger can redo."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "sample_size": "size",
    "sample_population": "sources",
    "sample_select": "paper",
    "sample_evaluate": "paper",
    "sample_redo": "paper",
    "open_paper": "paper",
    "Paper": "paper",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.sampling' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.sampling.{_HOME[name]}"), name)
