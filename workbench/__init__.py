"""Billing Workbench: finds what was billed wrongly, proves it, and packs the evidence.

In a notebook: ``import workbench as wb``, then ``wb.open()``, ``wb.run(snapshot)``, ``wb.explore(findings, snapshot)``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "open": "workbench.workspace",
    "example_folder": "workbench.workspace",
    "load": "workbench.load",
    "load_folder": "workbench.widgets",
    "intake": "workbench.intake",
    "first_finding": "workbench.intake",
    "unlocks": "workbench.intake",
    "check": "workbench.check",
    "run": "workbench.detect",
    "controls": "workbench.controls",
    "control": "workbench.controls",
    "catalogue": "workbench.widgets",
    "question": "workbench.widgets",
    "day": "workbench.widgets",
    "funnel": "workbench.widgets",
    "screens": "workbench.screens",
    "settlements": "workbench.settlement",
    "receivables": "workbench.receivables",
    "figures": "workbench.figures",
    "match": "workbench.matching",
    "cash": "workbench.cash",
    "statement": "workbench.receivables",
    "roll_forward": "workbench.receivables",
    "restated": "workbench.receivables",
    "power": "workbench.power",
    "sample_size": "workbench.sampling.size",
    "sample_population": "workbench.sampling.sources",
    "sample_select": "workbench.sampling.paper",
    "sample_evaluate": "workbench.sampling.paper",
    "sample_redo": "workbench.sampling.paper",
    "open_paper": "workbench.sampling.paper",
    "Paper": "workbench.sampling.paper",
    "explore": "workbench.widgets",
    "saved_views": "workbench.widgets",
    "start": "workbench.widgets",
    "causes": "workbench.causes",
    "trace": "workbench.evidence",
    "xray": "workbench.xray",
    "settlement": "workbench.xray",
    "topic": "workbench.topics",
    "customer": "workbench.xray",
    "audit": "workbench.pack",
    "review": "workbench.pack",
    "verify": "workbench.pack",
}
# What most notebooks need; the rest is there for whoever knows its name.
MAIN = (
    "open", "load", "check", "run", "explore", "causes", "topic", "xray", "customer", "settlement", "cash", "review",
)  # fmt: skip
__all__ = list(_HOME)


class _Package(ModuleType):
    """The package as a module whose names win over its submodules: wb.check is the function, whatever was imported."""

    def __getattribute__(self, name: str) -> Any:
        """Load a name where it lives, when it is first asked for: ``import workbench`` stays quick."""
        return getattr(import_module(_HOME[name]), name) if name in _HOME else super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"module 'workbench' has no name '{name}'; it has {', '.join(_HOME)}")

    def __dir__(self) -> list[str]:
        return [*MAIN, "__version__"]


sys.modules[__name__].__class__ = _Package
