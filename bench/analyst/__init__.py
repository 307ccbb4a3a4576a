"""The controls as a good analyst would write them in pandas: one function per control, one module per family.

Each takes a snapshot's folder, the as-of date and the control's own parameters, reads only the columns it needs and
returns one row per candidate: subject_id, expected_amount, billed_amount and suppressed_by (missing for a finding).
They do the controls' work but for two things that an analyst leaves to the next step: no sentence of reasons and no
keys of evidence. Money is float64 rounded to the minor unit, so amounts beyond 15 digits are not exact. What a
function leaves out of its own control is in its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pandas as pd

Analyst = Callable[..., pd.DataFrame]
FAMILIES = {
    "ACC": "accuracy",
    "AUT": "authority",
    "COM": "completeness",
    "CUT": "cut_off",
    "OCC": "occurrence",
    "VAL": "valuation",
}


def analyst(control_id: str) -> Analyst:
    """The pandas version of a control: function acc_01 of module accuracy for ACC-01.

    Raises LookupError where nobody has written it.
    """
    family, name = FAMILIES.get(control_id[:3], ""), control_id.lower().replace("-", "_")
    found: Analyst | None = getattr(import_module(f"{__name__}.{family}"), name, None) if family else None
    if found is None:
        raise LookupError(f"nobody has written {control_id} in pandas")
    return found
