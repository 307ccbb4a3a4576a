"""Every comparison of every control matters: changing it makes one of the control's cases fail."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from tests.cases import difference, engine_of, outcome, read_cases
from tests.mutants import mutants
from workbench.controls import Control, controls
from workbench.errors import WorkbenchError


@pytest.mark.parametrize("entry", controls().values(), ids=lambda entry: entry.id)
def test_a_changed_comparison_fails_a_case(entry: Control) -> None:
    cases = [(engine_of(case), case) for case in read_cases(entry.id)]
    survivors = []
    for mutant in mutants(entry.sql):
        changed = replace(entry, sql=mutant.sql)
        for place, (engine, case) in enumerate(cases):
            try:
                noticed = bool(difference(outcome(engine, changed, case), case.expected))
            except (duckdb.Error, WorkbenchError):
                noticed = True
            if noticed:
                # The case that noticed this change is the likeliest to notice the next one.
                cases.insert(0, cases.pop(place))
                break
        else:
            survivors.append(mutant.what)
    assert not survivors, f"{entry.id}: no case notices " + "; ".join(survivors)
