"""The controls as a good analyst would write them, in pandas and in polars: one function per control.

Each takes a snapshot's folder, the as-of date and the control's own parameters, reads only the columns it needs and
returns one row per candidate: subject_id, expected_amount, billed_amount and suppressed_by (missing for a finding).
They do the controls' work but for two things that an analyst leaves to the next step: no sentence of reasons and no
keys of evidence. In pandas money is float64 rounded to the minor unit, so amounts beyond 15 digits are not exact; in
polars it stays decimal where the library computes with decimals. What a function leaves out of its own control is in
its docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Analyst = Callable[..., Any]
LIBRARIES = ("pandas", "polars")
FAMILIES = {
    "ACC": "accuracy",
    "AUT": "authority",
    "COM": "completeness",
    "CUT": "cut_off",
    "OCC": "occurrence",
    "PRO": "process",
    "SET": "settlement",
    "VAL": "valuation",
}


def analyst(library: str, control_id: str) -> Analyst:
    """A control's version in a library: function acc_01 of in_pandas/accuracy.py for ACC-01.

    Raises LookupError where nobody has written it.
    """
    name = control_id.lower().replace("-", "_")
    module = f"{__name__}.in_{library}.{FAMILIES[control_id[:3]]}"
    try:
        found: Analyst = getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise LookupError(f"nobody has written {control_id} in {library}") from error
    return found
