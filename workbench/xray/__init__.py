"""X-rays: one document, one customer or one settlement with all that happened around it, on one page."""

from __future__ import annotations

from workbench.xray.account import CustomerView, customer
from workbench.xray.books import Books
from workbench.xray.payout import SettlementView, settlement
from workbench.xray.view import Xray, xray

__all__ = ["Books", "CustomerView", "SettlementView", "Xray", "customer", "settlement", "xray"]
