"""Screens: statistics that rank where to look. Nothing here is a finding, and nothing of it is counted as one."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "catalogue": "catalogue",
    "screen": "catalogue",
    "screens": "run",
    "section_html": "section",
    "section_text": "section",
    "section_page": "section",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.screens' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.screens.{_HOME[name]}"), name)
