"""Billing Workbench: finds what was billed wrongly, proves it, and packs the evidence.

In a notebook: ``import workbench as wb``, then ``wb.open()``, ``wb.run(snapshot)``, ``wb.explore(findings, snapshot)``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "open": "workbench.workspace",
    "example_folder": "workbench.workspace",
    "load": "workbench.load",
    "load_folder": "workbench.widgets",
    "check": "workbench.check",
    "run": "workbench.detect",
    "controls": "workbench.controls",
    "control": "workbench.controls",
    "catalogue": "workbench.widgets",
    "question": "workbench.widgets",
    "day": "workbench.widgets",
    "funnel": "workbench.widgets",
    "explore": "workbench.widgets",
    "trace": "workbench.evidence",
    "audit": "workbench.pack",
    "review": "workbench.pack",
    "verify": "workbench.pack",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Load a name where it lives, when it is first asked for: ``import workbench`` stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*_HOME, "__version__"]
