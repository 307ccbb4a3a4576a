"""Unapplied cash, receipt by receipt: what fits is ranked, accepted or refused, and goes out as applications."""

from __future__ import annotations

from workbench.cash.desk import Desk, cash

__all__ = ["Desk", "cash"]
