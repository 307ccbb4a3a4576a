"""Power: errors of known kind and size planted in a copy of a snapshot, and what the controls make of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "power": ("measuring", "measure"),
    "measure": ("measuring", "measure"),
    "plant_all": ("planting", "plant_all"),
    "Power": ("results", "Power"),
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.power' has no name '{name}'; it has {', '.join(_HOME)}")
    home, own = _HOME[name]
    return getattr(import_module(f"workbench.power.{home}"), own)
