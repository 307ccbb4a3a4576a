"""What is proposed for header rows as they are found, in English, Chinese and Japanese."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.sources.layout import Grid
from workbench.sources.proposal import Proposal, propose

FILE = Path(__file__).parent / "data" / "excel_headers.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
RIGHT_TABLES = 0.95
RIGHT_COLUMNS = 0.95
WRONG_AND_SURE = 0.01


def proposed(case: dict[str, Any]) -> Proposal:
    headers = list(case["columns"])
    values = [str(value) for value, _ in case["columns"].values()]
    grid = Grid(Path("book.xlsx"), "Sheet1", lambda: iter([(headers, ""), (values, ""), (values, "")]))
    found = propose(grid)
    assert found is not None
    return found


def outcome(case: dict[str, Any]) -> tuple[int, int, list[str], list[str]]:
    """Columns expected, found, wrongly sure of, and not found."""
    found = proposed(case)
    meant = {header: column for header, (_, column) in case["columns"].items()}
    given: dict[str, set[str]] = {}
    for name, column in found.columns.items():
        if isinstance(column.header, str) and column.header:
            given.setdefault(column.header, set()).add(name)
    wrong, left = [], []
    right = 0
    for header, column in meant.items():
        names = given.get(header, set())
        if column in names:
            right += 1
        elif column:
            left.append(f"{case['name']}: {header} is {column}, proposed {names or 'nothing'}")
        if names and column not in names and not (column is None and names <= {"description", "name", "owner"}):
            wrong.append(f"{case['name']}: {header} is {column}, proposed {names}")
    return sum(column is not None for column in meant.values()), right, wrong, left


def test_the_tables_of_header_rows_are_proposed_right() -> None:
    wrong = [f"{case['name']}: {proposed(case).ranked}" for case in CASES if proposed(case).table != case["table"]]
    assert len(CASES) >= 30
    assert 1 - len(wrong) / len(CASES) >= RIGHT_TABLES, "\n".join(wrong)


def test_the_columns_of_header_rows_are_proposed_right_and_seldom_wrong() -> None:
    outcomes = [outcome(case) for case in CASES]
    expected, right = sum(each[0] for each in outcomes), sum(each[1] for each in outcomes)
    wrong = [text for each in outcomes for text in each[2]]
    left = [text for each in outcomes for text in each[3]]
    share = f"{right} of {expected}"
    assert right / expected >= RIGHT_COLUMNS, "\n".join([share, *left])
    assert len(wrong) / expected <= WRONG_AND_SURE, "\n".join([share, *wrong])


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_is_not_sure_is_left_to_a_person(case: dict[str, Any]) -> None:
    found = proposed(case)
    for name, column in found.columns.items():
        assert column.header or column.others or name in found.missing
        assert not column.header or column.confidence >= 0.8
