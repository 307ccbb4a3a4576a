"""Decisions: who decided what on a finding, only ever added, in a chain that shows what was touched."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.decisions.authority import Authority, authority_of
    from workbench.decisions.chain import Head, Verification
    from workbench.decisions.decision import Decision
    from workbench.decisions.entry import Entry, Standing
    from workbench.decisions.scope import Explanation, Scope, make_scope
    from workbench.decisions.store import Store, open_store
    from workbench.decisions.writing import ConflictError

_HOME = {
    "Authority": "authority",
    "ConflictError": "writing",
    "Decision": "decision",
    "Entry": "entry",
    "Explanation": "scope",
    "Head": "chain",
    "Scope": "scope",
    "Standing": "entry",
    "Store": "store",
    "Verification": "chain",
    "authority_of": "authority",
    "make_scope": "scope",
    "open_store": "store",
}
__all__ = [
    "Authority",
    "ConflictError",
    "Decision",
    "Entry",
    "Explanation",
    "Head",
    "Scope",
    "Standing",
    "Store",
    "Verification",
    "authority_of",
    "make_scope",
    "open_store",
]


def __getattr__(name: str) -> Any:
    """Load a name where it lives: a pack that knows its decisions needs no database."""
    if name not in _HOME:
        raise AttributeError(f"module 'workbench.decisions' has no name '{name}'; it has {', '.join(_HOME)}")
    return getattr(import_module(f"workbench.decisions.{_HOME[name]}"), name)
