"""Take in a list of invoice lines of somebody's own: see how it was understood, load it, look at the first finding."""

from __future__ import annotations

from workbench.intake.first import first_finding
from workbench.intake.taking import Intake, intake
from workbench.intake.unlocking import unlocks

__all__ = ["Intake", "first_finding", "intake", "unlocks"]
