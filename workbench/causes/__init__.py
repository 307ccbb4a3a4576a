"""Causes: what many findings have in common, so that a systemic error is one thing to put right."""

from __future__ import annotations

from workbench.causes.groups import Cause, Causes, causes
from workbench.causes.view import Why

__all__ = ["Cause", "Causes", "Why", "causes"]
