"""The example company: clean it gives no finding, planted it gives exactly the planted ones."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.made_once import once
from workbench.controls import controls
from workbench.detect import run
from workbench.errors import WorkbenchError
from workbench.example import make_company
from workbench.schema import tables
from workbench.snapshot import open_snapshot

LOOK_ALIKES = {
    ("ACC-02", "other_rounding"),
    ("ACC-03", "approved"),
    ("ACC-06", "document_rounding"),
    ("AUT-01", "system_generated"),
    ("COM-01", "free_of_charge"),
    ("COM-01", "in_grace"),
    ("COM-01", "not_for_sale"),
    ("COM-01", "returned"),
    ("CUT-01", "prepayment"),
    ("OCC-01", "recurring"),
    ("OCC-01", "split_delivery"),
    ("OCC-03", "credited"),
    ("VAL-01", "in_grace"),
    ("VAL-01", "on_account"),
}
Finding = tuple[Decimal | None, Decimal | None]


def planted(file: Path) -> dict[tuple[str, str], Finding]:
    with file.open(encoding="utf-8", newline="") as stream:
        return {
            (row["control_id"], row["subject_id"]): (amount(row["expected_amount"]), amount(row["billed_amount"]))
            for row in csv.DictReader(stream)
        }


def amount(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def found(folder: Path) -> dict[tuple[str, str], Finding]:
    table = run(open_snapshot(folder)).table
    return {
        (row["control_id"], row["subject_id"]): (row["expected_amount"], row["billed_amount"])
        for row in table.filter(pc.is_null(table["suppressed_by"])).to_pylist()
    }


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_company(tmp_path_factory.mktemp("clean"), lines=20_000, clean=True, form="parquet").folder


def test_clean_company_gives_no_finding_but_every_look_alike(clean: Path) -> None:
    result = run(open_snapshot(clean))
    assert {part.control.id: part.findings for part in result.funnel} == dict.fromkeys(controls(), 0)
    assert {(part.control.id, code) for part in result.funnel for code in part.suppressed} >= LOOK_ALIKES


def company(factory: pytest.TempPathFactory, seed: int) -> Path:
    """The folder of a planted company, made once for all tests."""

    def make(place: Path) -> Path:
        made = make_company(place / "company", lines=6_000, seed=seed, form="parquet")
        assert made.errors == len(planted(made.planted))
        return made.folder

    return once(factory, f"planted-{seed}", make)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_errors_and_no_others_are_found(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = company(tmp_path_factory, seed)
    assert found(folder) == planted(folder / "planted.csv")


def test_every_control_has_at_least_two_planted_errors(tmp_path_factory: pytest.TempPathFactory) -> None:
    counts = Counter(name for name, _ in planted(company(tmp_path_factory, 1) / "planted.csv"))
    assert {control: counts[control] for control in controls() if counts[control] < 2} == {}


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def test_same_seed_gives_the_same_bytes_and_another_seed_others(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, two = (digests(make_company(tmp_path / name, lines=5_000, seed=4).folder) for name in ("one", "two"))
    assert one == two
    first, second = (digests(company(tmp_path_factory, seed)) for seed in (1, 2))
    assert first["invoices.parquet"] != second["invoices.parquet"]


@pytest.mark.parametrize("name", tables())
def test_table_has_rows_and_the_columns_of_the_schema(clean: Path, name: str) -> None:
    table = tables()[name]
    file = clean / f"{name}.parquet"
    described = duckdb.connect().execute("describe from read_parquet($file)", {"file": str(file)}).fetchall()
    assert {row[0]: row[1].lower().replace(",", ", ") for row in described} == {
        column.name: column.sql_type for column in table.columns.values()
    }
    assert pq.read_metadata(file).num_rows > 0
    rows = pq.read_table(file)
    for column in table.columns.values():
        if column.required:
            assert rows[column.name].null_count == 0, f"{name}.{column.name} is required"
        if column.words:
            assert set(rows[column.name].to_pylist()) <= {*column.words, None}
    keys = list(zip(*(rows[column].to_pylist() for column in table.key), strict=True))
    assert len(set(keys)) == len(keys), f"a key of {name} comes twice"


@pytest.mark.parametrize(
    ("name", "column", "target"),
    [(table.name, column, target) for table in tables().values() for column, target in table.references.items()],
)
def test_references_point_somewhere(clean: Path, name: str, column: str, target: str) -> None:
    values = set(pq.read_table(clean / f"{name}.parquet", columns=[column])[column].to_pylist()) - {None}
    key = tables()[target].key[0]
    assert values <= set(pq.read_table(clean / f"{target}.parquet", columns=[key])[key].to_pylist())


def test_sub_ledger_is_the_receivable_of_the_ledger_on_any_day(clean: Path) -> None:
    connection = duckdb.connect()
    for name in ("invoices", "receipts", "applications", "adjustments", "gl_lines"):
        connection.from_parquet(str(clean / f"{name}.parquet")).create_view(name)
    moved = """
        select entity_id, posted_on, gross_amount as amount from invoices where status = 'issued'
        union all select entity_id, posted_on, -amount from receipts where status <> 'reversed'
        union all select i.entity_id, a.posted_on, -a.discount_amount
        from applications a join invoices i using (invoice_id)
        union all select i.entity_id, a.posted_on, a.amount from adjustments a join invoices i using (invoice_id)
    """
    booked = "select entity_id, posted_on, -amount from gl_lines where account_kind = 'receivable'"
    assert connection.sql(f"select count(*) from ({booked})").fetchall()[0][0] > 10_000
    apart = connection.sql(f"""
        select entity_id, posted_on, sum(amount) as amount from ({moved} union all {booked}) as both_sides
        group by entity_id, posted_on having sum(amount) <> 0
    """)
    assert apart.fetchall() == []


def test_ledger_balances_per_entity_and_revenue_ties_to_it(clean: Path) -> None:
    connection = duckdb.connect()
    for name in ("gl_lines", "revenue"):
        connection.from_parquet(str(clean / f"{name}.parquet")).create_view(name)
    balances = connection.sql("select entity_id, sum(amount) from gl_lines group by entity_id").fetchall()
    assert len(balances) == 3
    assert all(balance == 0 for _, balance in balances)
    booked = "select entity_id, -sum(amount) from gl_lines where account_kind = 'revenue' group by entity_id order by 1"
    recognised = "select entity_id, sum(amount) from revenue group by entity_id order by 1"
    assert connection.sql(booked).fetchall() == connection.sql(recognised).fetchall()


def test_too_small_a_company_and_an_unknown_form_say_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="too small"):
        make_company(tmp_path, lines=10)
    with pytest.raises(WorkbenchError, match="no form 'xlsx'"):
        make_company(tmp_path, form="xlsx")


@pytest.mark.prove
@pytest.mark.parametrize("is_clean", [True, False], ids=["clean", "planted"])
def test_million_lines_give_exactly_what_was_planted(tmp_path: Path, is_clean: bool) -> None:
    company = make_company(tmp_path, lines=1_000_000, seed=11, clean=is_clean, form="parquet")
    assert company.rows["invoice_lines"] > 900_000
    assert found(tmp_path) == planted(company.planted)
