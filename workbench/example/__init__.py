"""The example company: three entities, two years, every flow of order-to-cash, and errors planted on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.example.recipes import BOOKS, plant_recipes
from workbench.example.stage import Plan, columns_of, open_stage, script, write_table
from workbench.power.recipes import recipes
from workbench.schema import Table, tables

SMALLEST = 5_000
FORMS = ("csv", "parquet")
SCRIPTS = (
    "01_macros", "02_calendar", "10_people", "11_prices", "20_orders", "30_documents", "40_contracts", "41_recurring",
    "42_usage", "43_contract_documents", "44_service_credits", "45_planting",
    "plant/COM-01", "plant/OCC-01", "plant/OCC-03", "plant/ACC-01", "plant/ACC-02", "plant/ACC-03", "plant/ACC-06",
    "plant/CUT-01", "plant/AUT-05",
    "50_amounts", "plant/COM-05", "51_numbers", "60_payments", "61_adjustments",
    "plant/AUT-01", "plant/AUT-02", "plant/VAL-01", "plant/VAL-03",
    "62_receipt_status", "70_revenue", "80_freight", "90_cases",
)  # fmt: skip

PLANTED_ON_THE_WAY = tuple(name.removeprefix("plant/") for name in SCRIPTS if name.startswith("plant/"))

PLANTED = f"""
select * from ({script("planted.sql")}) as on_the_way
union all
select * from {BOOKS}.planted_by_all
order by control_id, subject_id
"""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Company:
    """What was written: the folder, the rows of each table, and the list of planted errors (none in a clean one)."""

    folder: Path
    rows: dict[str, int]
    planted: Path
    errors: int


def quiet(_what: str, _done: int, _all: int) -> None:
    """Progress that nobody wants to see."""


def make_company(
    folder: Path,
    *,
    lines: int = 20_000,
    seed: int = 1,
    clean: bool = False,
    form: str = "csv",
    progress: Progress = quiet,
) -> Company:
    """Write the example company into a folder: one file per canonical table, and planted.csv.

    `lines` is about how many invoice lines there are to be. The same lines, seed, clean and form give the same
    bytes on any machine. planted.csv holds control_id, subject_id, expected_amount, billed_amount and what, one
    row for each finding the planted errors must lead to. Raises WorkbenchError for a size too small to hold every
    flow, an unknown form, or a folder that cannot be written.
    """
    if lines < SMALLEST:
        raise WorkbenchError(
            f"A company of {lines} invoice lines is too small for every flow.", f"give {SMALLEST} or more"
        )
    if form not in FORMS:
        raise WorkbenchError(f"There is no form '{form}'.", f"use {' or '.join(FORMS)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkbenchError(f"'{folder}' cannot be written: {error.strerror}.", "choose another folder") from error
    steps = [name for name in SCRIPTS if not (clean and name.startswith("plant/"))]
    whole = len(steps) + len(tables()) + (0 if clean else len(tables()) + len(recipes()))
    done = count()
    plan = Plan(lines, seed)

    def report(what: str) -> None:
        progress(f"example company: {what}", min(next(done), whole), whole)

    rows = {}
    planted = folder / "planted.csv"
    with open_stage(plan, folder) as connection:
        for name in steps:
            report(name)
            connection.execute(script(f"{name}.sql"))
        if not clean:
            each = plan.numbers()["planted_each"]
            plant_recipes(connection, errors=each, seed=seed, without=PLANTED_ON_THE_WAY, progress=report)
        for table in tables().values():
            report(table.name)
            query = columns_of(table) if clean else planted_rows(table)
            rows[table.name] = write_table(connection, query, folder / f"{table.name}.{form}")
        errors = write_table(connection, script("planted.sql") if clean else PLANTED, planted)
    progress("example company: done", whole, whole)
    return Company(folder, rows, planted, errors)


def planted_rows(table: Table) -> str:
    """A SELECT of one canonical table after the recipes, in the order of its key."""
    key = ", ".join(f'"{name}"' for name in table.key)
    return f'select * from {BOOKS}."{table.name}" order by {key}'
