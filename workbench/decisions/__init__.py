"""Decisions: who decided what on a finding, only ever added, in a chain that shows what was touched."""

from workbench.decisions.authority import Authority, authority_of
from workbench.decisions.chain import Head, Verification
from workbench.decisions.decision import Decision
from workbench.decisions.entry import Entry, Standing
from workbench.decisions.scope import Explanation, Scope, make_scope
from workbench.decisions.store import Store, open_store
from workbench.decisions.writing import ConflictError

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
