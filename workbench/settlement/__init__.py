"""Settlement: orders, statement and bank three ways, what a payout is made of, and the money at risk per partner."""

from __future__ import annotations

from workbench.settlement.review import Settlements, settlements
from workbench.settlement.waterfall import Step, Waterfall

__all__ = ["Settlements", "Step", "Waterfall", "settlements"]
