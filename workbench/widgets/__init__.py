"""What a specialist sees: static tables, the findings explorer and the evidence panel."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "catalogue": ("workbench.widgets.catalogue", "catalogue"),
    "day": ("workbench.widgets.days", "day"),
    "explore": ("workbench.widgets.exploration", "explore"),
    "funnel": ("workbench.widgets.tables", "funnel_table"),
    "load_folder": ("workbench.widgets.loading", "load_folder"),
    "question": ("workbench.widgets.catalogue", "question"),
    "saved_views": ("workbench.widgets.saved", "saved_views"),
    "start": ("workbench.widgets.running", "start"),
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for: a static table needs no widget library."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.widgets' has no name '{name}'; it has {', '.join(_HOME)}")
    module, own = _HOME[name]
    return getattr(import_module(module), own)
