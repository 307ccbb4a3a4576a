"""Measure controls: plant errors in a copy of a snapshot's tables and see which of them the controls find."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from workbench.controls import Control, choose, readiness
from workbench.engine.duck import first_line
from workbench.errors import WorkbenchError
from workbench.money import minor_units
from workbench.power.ground import Ground, Planted
from workbench.power.planting import SIZE
from workbench.power.recipes import Recipe, recipes
from workbench.power.results import Kind, Measured, Power
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot

SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
Seen = list[tuple[Planted, str]]


def measure(
    snapshot: Snapshot,
    *,
    ids: tuple[str, ...] = (),
    families: tuple[str, ...] = (),
    errors: int = 20,
    seed: int = 1,
    as_of: date | None = None,
    progress: Report = quiet,
) -> Power:
    """How many planted errors the chosen controls (default: all) find in a snapshot's own data, and how small ones.

    At most `errors` errors per control go into a copy; the snapshot is not changed. The same seed plants the same
    errors. A control that cannot run, has no recipe, or finds nothing to plant in is named with the reason.
    Raises WorkbenchError for names that do not exist, no errors to plant, or a snapshot without a dated document.

    Example:
        >>> wb.power(wb.open(), ids=("ACC-06",))
    """
    if errors < 1:
        raise WorkbenchError(f"{errors} errors are nothing to find.", "give --errors 20")
    chosen = choose(ids, families)
    ground = Ground(snapshot, as_of)
    try:
        lines = []
        for done, control in enumerate(chosen):
            progress(f"{control.id} {control.title}", done, len(chosen))
            lines.append(_measured(ground, control, snapshot, errors, seed))
        progress("done", len(chosen), len(chosen))
    finally:
        ground.engine.close()
    return Power(tuple(lines), snapshot.fingerprint, ground.as_of, errors, seed)


def _measured(ground: Ground, control: Control, snapshot: Snapshot, errors: int, seed: int) -> Measured:
    recipe = recipes().get(control.id)
    state = readiness(control, snapshot)
    if state.state == "not run":
        return Measured(control, why_not=f"missing {', '.join(state.missing)}")
    if recipe is None:
        return Measured(control, why_not="there is no recipe for its errors")
    try:
        ground.copy(recipe)
        before = ground.look(control)
        seen, false_alarms = _tried(ground, control, recipe, before, errors, SIZE, seed)
        if not seen:
            return Measured(control, recipe.plants, why_not="nothing in the data to plant its error in")
        smallest = _smallest(ground, control, recipe, before, errors, seed) if recipe.sized else {}
    except duckdb.Error as error:
        return Measured(control, recipe.plants, why_not=f"planting stopped: {first_line(error)}")
    except WorkbenchError as error:
        return Measured(control, recipe.plants, why_not=f"the control stopped: {error.problem}")
    return Measured(
        control,
        recipe.plants,
        planted=len(seen),
        exact=_count(seen, "exact"),
        other=_count(seen, "other"),
        false_alarms=false_alarms,
        smallest=smallest,
        kinds=_kinds(seen),
    )


def _tried(
    ground: Ground, control: Control, recipe: Recipe, before: pa.Table, errors: int, size: int, seed: int
) -> tuple[Seen, int]:
    """Each planted error with "exact", "other" or "missed", and the number of false alarms."""
    with ground.planted(recipe, control, before, errors=errors, size=size, seed=seed) as planted:
        after = _findings(ground.look(control)) if planted else {}
    known = _findings(before)
    new = {subject: row for subject, row in after.items() if subject not in known}
    by_id = {row["subject_id"]: row for row in new.values()}
    wanted = {error.subject_id for error in planted}
    false_alarms = sum(1 for row in new.values() if row["subject_id"] not in wanted)
    return [(error, _verdict(error, by_id.get(error.subject_id))) for error in planted], false_alarms


def _findings(table: pa.Table) -> dict[str, dict[str, Any]]:
    found = table.filter(pc.is_null(table["suppressed_by"]))
    rows = found.select(["finding_id", "subject_id", "expected_amount", "billed_amount"]).to_pylist()
    return {row["finding_id"]: row for row in rows}


def _verdict(error: Planted, row: dict[str, Any] | None) -> str:
    if row is None:
        return "missed"
    amounts = (row["expected_amount"], row["billed_amount"])
    return "exact" if amounts == (error.expected_amount, error.billed_amount) else "other"


def _count(seen: Seen, verdict: str) -> int:
    return sum(1 for _, found in seen if found == verdict)


def _kinds(seen: Seen) -> tuple[Kind, ...]:
    kinds: dict[str, Seen] = {}
    for error, verdict in seen:
        kinds.setdefault(error.what, []).append((error, verdict))
    return tuple(Kind(what, len(part), _count(part, "exact"), _count(part, "other")) for what, part in kinds.items())


def _smallest(
    ground: Ground, control: Control, recipe: Recipe, before: pa.Table, errors: int, seed: int
) -> dict[str, Decimal | None]:
    """Per currency the smallest of SIZES at which every error is found with the exact amounts."""
    smallest: dict[str, Decimal | None] = {}
    for size in SIZES:
        seen, _ = _tried(ground, control, recipe, before, errors, size, seed)
        full: dict[str, bool] = {}
        for error, verdict in seen:
            full[error.currency] = full.get(error.currency, True) and verdict == "exact"
        for currency, is_full in full.items():
            if is_full and smallest.get(currency) is None:
                smallest[currency] = Decimal(size).scaleb(-minor_units(currency))
            smallest.setdefault(currency, None)
        if smallest and None not in smallest.values():
            break
    return dict(sorted(smallest.items()))
