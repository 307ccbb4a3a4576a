"""Numbers and dates as the world writes them: one form for a column, told to the reader, and never a guess by row."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workbench.errors import WorkbenchError
from workbench.load import Loaded, load

HEAD = ["adjustment_id", "invoice_id", "kind", "amount", "adjusted_on", "created_at"]


def loaded(
    folder: Path, amounts: list[str], days: list[str] | None = None, times: list[str] | None = None, **told: str
) -> Loaded:
    source = folder / "in"
    source.mkdir()
    with (source / "adjustments.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEAD)
        for number, amount in enumerate(amounts):
            day = days[number] if days else "2025-03-01"
            writer.writerow([f"A{number}", "I1", "write_off", amount, day, times[number] if times else ""])
    return load([source], "canonical", folder / "out", **told)  # type: ignore[arg-type]


def column(found: Loaded, name: str) -> list[Any]:
    return [str(value) for value in pq.read_table(found.snapshot / "adjustments.parquet")[name].to_pylist()]


def reasons(found: Loaded) -> list[str]:
    with (found.snapshot / "rejects/adjustments.csv").open(encoding="utf-8", newline="") as stream:
        return [row["_reason"] for row in csv.DictReader(stream)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["1,234.56", "-12.00", "7"], ["1234.5600", "-12.0000", "7.0000"]),
        (["1.234,56", "-12,00", "7"], ["1234.5600", "-12.0000", "7.0000"]),
        (["1 234,56", "12,5", "7"], ["1234.5600", "12.5000", "7.0000"]),
        (["1\u00a0234,56", "1\u202f000,5", "7"], ["1234.5600", "1000.5000", "7.0000"]),
        (["1'234.56", "-12.00", "7"], ["1234.5600", "-12.0000", "7.0000"]),
        (["12,34,567.89", "1,00,000", "7"], ["1234567.8900", "100000.0000", "7.0000"]),
        (["(1,234.56)", "12.00-", "7"], ["-1234.5600", "-12.0000", "7.0000"]),
        (["(1.234,56)", "12,00-", "7"], ["-1234.5600", "-12.0000", "7.0000"]),
        (["$1,234.56", "€ 12.00", "￥７"], ["1234.5600", "12.0000", "7.0000"]),
        (["△1,234.56", "▲ 12.00", "７８９"], ["-1234.5600", "-12.0000", "789.0000"]),
        (["１２，３４５．６７", "－８９", "＋７"], ["12345.6700", "-89.0000", "7.0000"]),
        (["（１，２３４）", "△５．５", "￥１２"], ["-1234.0000", "-5.5000", "12.0000"]),
        (["1.234", "1.234,5", "2"], ["1234.0000", "1234.5000", "2.0000"]),
    ],
)
def test_a_number_is_read_by_the_form_of_its_column(written: list[str], read: list[str], tmp_path: Path) -> None:
    found = loaded(tmp_path, written)
    assert reasons(found) == []
    assert column(found, "amount") == read
    assert found.notes[0].subjects.keys() == {"adjustments.amount"}


def test_numbers_that_may_be_read_in_two_ways_are_rejected_until_somebody_says_which(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["1,234", "2,500", "7"])
    assert [reason.split(": say")[0] for reason in reasons(found)] == [
        f"amount is '{text}', which may be a thousand or a fraction" for text in ("1,234", "2,500", "7")
    ]
    (tmp_path / "point").mkdir()
    assert column(loaded(tmp_path / "point", ["1,234", "2,500", "7"], decimal="."), "amount") == [
        "1234.0000",
        "2500.0000",
        "7.0000",
    ]
    (tmp_path / "comma").mkdir()
    assert column(loaded(tmp_path / "comma", ["1,234", "2,500", "7"], decimal=","), "amount") == [
        "1.2340",
        "2.5000",
        "7.0000",
    ]


def test_a_few_numbers_of_another_form_are_rejected_and_change_nothing_else(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["12.50", "99.95", "12,5"])
    assert column(found, "amount") == ["12.5000", "99.9500"]
    assert "amount is '12,5'" in reasons(found)[0]


def test_in_a_column_of_commas_a_point_is_no_fraction(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["12,50", "1.099,95", "3.25"])
    assert column(found, "amount") == ["12.5000", "1099.9500"]
    assert "amount is '3.25'" in reasons(found)[0]
    assert "in a column of 1.234,56" in reasons(found)[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["31/01/2025", "01/02/2025"], ["2025-01-31", "2025-02-01"]),
        (["01/31/2025", "02/01/2025"], ["2025-01-31", "2025-02-01"]),
        (["31.1.2025", "01.02.2025"], ["2025-01-31", "2025-02-01"]),
        (["2025/01/31", "2025/2/1"], ["2025-01-31", "2025-02-01"]),
        (["20250131", "20250201"], ["2025-01-31", "2025-02-01"]),
        (["31-JAN-25", "01-FEB-25"], ["2025-01-31", "2025-02-01"]),
        (["31-JAN-2025", "31-DEC-4712"], ["2025-01-31", "4712-12-31"]),
        (["31/01/25", "01/02/25"], ["2025-01-31", "2025-02-01"]),
        (["2025年1月31日", "2025年02月01日"], ["2025-01-31", "2025-02-01"]),
        (["45688", "45689"], ["2025-01-31", "2025-02-01"]),
        (["31/01/2025 00:00:00", "01/02/2025 00:00"], ["2025-01-31", "2025-02-01"]),
    ],
)
def test_a_date_is_read_by_the_form_of_its_column(written: list[str], read: list[str], tmp_path: Path) -> None:
    found = loaded(tmp_path, ["1", "2"], written)
    assert reasons(found) == []
    assert column(found, "adjusted_on") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["31/01/2025 15:04:05", "01/02/2025 01:02"], ["2025-01-31 15:04:05", "2025-02-01 01:02:00"]),
        (["1/31/2025 3:04:05 PM", "2/1/2025 12:00 AM"], ["2025-01-31 15:04:05", "2025-02-01 00:00:00"]),
        (["45688.5", "45689"], ["2025-01-31 12:00:00", "2025-02-01 00:00:00"]),
    ],
)
def test_a_time_is_read_by_the_form_of_its_column(written: list[str], read: list[str], tmp_path: Path) -> None:
    found = loaded(tmp_path, ["1", "2"], times=written)
    assert reasons(found) == []
    assert column(found, "created_at") == read


def test_dates_that_may_be_read_in_two_ways_are_rejected_until_somebody_says_which(tmp_path: Path) -> None:
    days = ["01/02/2025", "03/04/2025"]
    found = loaded(tmp_path, ["1", "2"], days)
    assert column(found, "adjusted_on") == []
    assert "which may be DD/MM/YYYY or MM/DD/YYYY: say which, --dates DD/MM/YYYY" in reasons(found)[0]
    (tmp_path / "told").mkdir()
    assert column(loaded(tmp_path / "told", ["1", "2"], days, dates="MM/DD/YYYY"), "adjusted_on") == [
        "2025-01-02",
        "2025-03-04",
    ]


def test_a_day_that_does_not_fit_its_column_is_rejected(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["1", "2", "3"], ["31/01/2025", "30/01/2025", "01/31/2025"])
    assert column(found, "adjusted_on") == ["2025-01-31", "2025-01-30"]
    assert "adjusted_on is '01/31/2025'" in reasons(found)[0]


def test_canonical_dates_stay_what_they_are_beside_a_few_others(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["1", "2", "3"], ["2025-01-31", "2025-01-30", "31/01/2025"])
    assert column(found, "adjusted_on") == ["2025-01-31", "2025-01-30"]
    assert found.notes == ()


def test_a_form_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="no form of dates"):
        loaded(tmp_path, ["1"], dates="whenever")
    with pytest.raises(WorkbenchError, match="neither point nor comma"):
        load([tmp_path / "in"], "canonical", tmp_path / "again", decimal="x")


def test_amounts_are_decimal_throughout(tmp_path: Path) -> None:
    found = loaded(tmp_path, ["12345678901234,5678", "0,0001"])
    assert column(found, "amount") == [str(Decimal("12345678901234.5678")), "0.0001"]
