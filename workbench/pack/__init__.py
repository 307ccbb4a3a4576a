"""The audit pack: run the review notebook per entity, write the evidence, verify it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.pack.monthly import review
    from workbench.pack.verification import verify
    from workbench.pack.verify_standalone import Verification
    from workbench.pack.workpaper import Workpaper, audit

_HOME = {
    "Verification": "verify_standalone",
    "Workpaper": "workpaper",
    "audit": "workpaper",
    "review": "monthly",
    "verify": "verification",
}
__all__ = ["Verification", "Workpaper", "audit", "review", "verify"]


def __getattr__(name: str) -> Any:
    """Load a name where it lives: verifying a pack or showing one needs no papermill."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.pack' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.pack.{_HOME[name]}"), name)
