"""What a rerun gives otherwise than the pack has it, each difference in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from workbench.findings import COLUMNS, Findings
from workbench.pack.identities import FAILS, Identity


def rows(told: pa.Table, found: pa.Table) -> Iterator[str]:
    """Each candidate and each of its values that is not the same."""
    if told.equals(found):
        return
    before, after = ({row["finding_id"]: row for row in table.to_pylist()} for table in (told, found))
    for name in sorted({*before, *after}, key=lambda name: ((before.get(name) or after[name])["control_id"], name)):
        was, now = before.get(name), after.get(name)
        row = was or now or {}
        where = f"{row['control_id']} {name} ({row['subject_table']} {row['subject_id']})"
        if now is None:
            yield f"{where}: in the pack, and does not come out again"
        elif was is None:
            yield f"{where}: comes out, and is not in the pack"
        else:
            for column in COLUMNS.names:
                if was[column] != now[column]:
                    shown = [_shown(row[column]) for row in (was, now)]
                    yield f"{where}: {column} is {shown[0]} in the pack and comes out as {shown[1]}"
    if [*before] != [*after] and {*before} == {*after}:
        yield "The candidates are the same and stand in another order."


def _shown(value: object) -> str:
    return "empty" if value is None else f"{value:f}" if isinstance(value, Decimal) else repr(value)


def figures_of(figures: Mapping[str, Any], found: Findings) -> Iterator[str]:
    """The funnel and the money of each control, and the totals."""
    told = figures.get("controls", {})
    ran = {line.control.id: line for line in found.funnel}
    lacking = {state.control.id: state.missing for state in found.not_run}
    for name in sorted({*told, *ran}):
        if name not in told:
            yield f"{name} runs, and did not in the pack"
        if name not in ran:
            yield f"{name} ran in the pack and does not now: {'; '.join(lacking.get(name, ('it is not there',)))}"
        if name not in told or name not in ran:
            continue
        line = ran[name]
        now = {
            "examined": line.examined,
            "candidates": line.candidates,
            "suppressed": line.suppressed,
            "findings": line.findings,
        }
        for figure, value in now.items():
            if told[name].get(figure) != value:
                yield f"{name}: {figure} is {told[name].get(figure)} in the pack and comes out as {value}"
        yield from _money(name, told[name].get("money", []), line.over, line.under)
    totals = {"candidates": found.table.num_rows, "findings": found.found.num_rows}
    for figure, value in totals.items():
        if figures.get("totals", {}).get(figure) != value:
            yield f"total {figure} is {figures.get('totals', {}).get(figure)} in the pack and comes out as {value}"


def _money(name: str, told: list[Any], over: Mapping[str, Decimal], under: Mapping[str, Decimal]) -> Iterator[str]:
    said = {
        (entry.get("currency") or "", entry.get("direction")): _amount(entry.get("amount"))
        for entry in told
        if entry.get("direction") != "at_risk"
    }
    now = {(unit, "over_billed"): amount for unit, amount in over.items()}
    now |= {(unit, "under_billed"): amount for unit, amount in under.items()}
    for unit, way in sorted({*said, *now}, key=str):
        was, is_now = said.get((unit, way)), now.get((unit, way))
        if was != is_now:
            yield f"{name}: {way} {unit} is {_shown(was)} in the pack and comes out as {_shown(is_now)}"


def _amount(text: object) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None


def identities_that_differ(figures: Mapping[str, Any], identities: Iterable[Identity]) -> Iterator[str]:
    """Identities whose sides or result are others, and those that fail and that the pack does not tell."""
    told = {entry["name"]: entry for entry in figures.get("identities", [])}
    for entry in identities:
        was = told.get(entry.name)
        if was is None and entry.state == FAILS:
            yield f"identity {entry.name!r} {FAILS} and is not in the pack"
        elif was and (was["left"], was["right"], was["state"]) != (entry.left, entry.right, entry.state):
            yield (
                f"identity {entry.name!r} {was['state']} in the pack with {was['left']} = {was['right']} and now "
                f"{entry.state} with {entry.left} = {entry.right}"
            )


def not_repeated(figures: Mapping[str, Any], identities: Iterable[Identity]) -> Iterator[str]:
    """Identities of the pack that rest on more than snapshot and controls, and were therefore not shown again."""
    again = {entry.name for entry in identities}
    left = [entry["name"] for entry in figures.get("identities", []) if entry["name"] not in again]
    if left:
        yield f"Identities that were not shown again: {'; '.join(left)}."
