"""Figures of receivables and billing as of any date, each with the rows behind it and its trend."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "catalogue": "catalogue",
    "figure": "catalogue",
    "figures": "run",
    "Figures": "results",
    "section_html": "section",
    "section_page": "section",
    "section_text": "section",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.figures' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.figures.{_HOME[name]}"), name)
