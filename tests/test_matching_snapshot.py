"""What a snapshot holds is matched: receipts, bank lines, settlements, the ledger; the command says the same."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from workbench.errors import UnknownNameError, WorkbenchError
from workbench.matching.applications import APPLICATION
from workbench.matching.command import command
from workbench.matching.joins import join
from workbench.matching.outcome import Matching
from workbench.matching.rules import Rules
from workbench.matching.snapshots import WHAT, match
from workbench.schema import table
from workbench.snapshot import Snapshot, open_snapshot
from workbench.workspace import example_snapshot


@pytest.fixture(scope="module")
def company() -> Snapshot:
    return open_snapshot(example_snapshot())


@pytest.fixture(scope="module")
def receipts(company: Snapshot) -> Matching:
    return match(company)


def write(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    """A canonical table of a snapshot, typed as the schema has it."""
    types = {"money": pa.decimal128(18, 4), "rate": pa.decimal128(18, 8), "date": pa.date32(), "int": pa.int64()}
    columns = {
        key: [Decimal(str(row[key])) if table(name).columns[key].type in {"money", "rate"} and row.get(key) is not None
              else row.get(key) for row in rows]
        for key in rows[0]
    }  # fmt: skip
    schema = pa.schema([(key, types.get(table(name).columns[key].type, pa.string())) for key in columns])
    pq.write_table(pa.table(columns, schema=schema), folder / f"{name}.parquet")


@pytest.fixture
def small(tmp_path: Path) -> Snapshot:
    """Two customers, a discount, a part payment and a credit, with a receipt for each."""
    day = date(2025, 3, 1)
    invoices = [
        ("I1", "INV-2025-0001", "invoice", "C1", "100", None, "K1"),
        ("I2", "INV-2025-0002", "invoice", "C2", "300", None, None),
        ("I3", "INV-2025-0003", "credit_memo", "C2", "-50", None, None),
        ("I4", "INV-2025-0004", "invoice", "C3", "80", "PO-77", None),
    ]
    write(tmp_path, "invoices", [
        {"invoice_id": key, "invoice_number": number, "kind": kind, "status": "issued", "entity_id": "E1",
         "customer_id": whose, "invoice_date": day, "currency": "SGD", "gross_amount": gross, "net_amount": gross,
         "tax_amount": "0", "purchase_order": order, "contract_id": contract}
        for key, number, kind, whose, gross, order, contract in invoices
    ])  # fmt: skip
    write(tmp_path, "receipts", [
        {"receipt_id": key, "entity_id": "E1", "customer_id": whose, "received_on": date(2025, 3, came),
         "currency": "SGD", "amount": amount, "reference": said, "status": "unapplied"}
        for key, whose, came, amount, said in (
            ("R1", "C1", 9, "98", "INV 2025 1"), ("R2", "C2", 9, "190", None), ("R3", "P", 9, "80", "po 77"),
            ("R4", "C2", 5, "60", None),
        )
    ])  # fmt: skip
    write(tmp_path, "applications", [
        {"application_id": "A1", "receipt_id": "R4", "invoice_id": "I2", "applied_on": date(2025, 3, 5), "amount": "60"}
    ])  # fmt: skip
    write(tmp_path, "customers", [
        {"customer_id": key, "name": "Same Name", "status": "active", "parent_id": parent}
        for key, parent in (("C1", None), ("C2", None), ("C3", "G"), ("G", "P"), ("P", "C3"))
    ])  # fmt: skip
    write(tmp_path, "contracts", [
        {"contract_id": "K1", "entity_id": "E1", "customer_id": "C1", "currency": "SGD", "starts_on": day,
         "status": "active", "discount_percent": "2", "discount_days": 10}
    ])  # fmt: skip
    return open_snapshot(tmp_path)


def test_open_amounts_discounts_credits_and_parents_come_from_the_tables(small: Snapshot) -> None:
    found = match(small, as_of=date(2025, 3, 31), rules=Rules(chance=0))
    taken = {(row["left_id"], row["right_id"]): (row["pass"], row["amount"]) for row in found.automatic.to_pylist()}
    assert taken == {
        ("R1", "I1"): ("short_payment", Decimal(98)),
        ("R2", "I2"): ("credit_netted", Decimal(240)),
        ("R2", "I3"): ("credit_netted", Decimal(-50)),
        ("R3", "I4"): ("parent", Decimal(80)),
    }
    assert found.unmatched_left.num_rows == found.unmatched_right.num_rows == 0


def test_applications_are_rows_of_the_canonical_table(small: Snapshot) -> None:
    rows = match(small, as_of=date(2025, 3, 31), rules=Rules(chance=0)).to_applications(applied_by="U7")
    assert set(rows.column_names) == set(table("applications").columns)
    assert rows.schema == APPLICATION
    paid = {(row["receipt_id"] or row["credit_invoice_id"], row["invoice_id"]): row for row in rows.to_pylist()}
    assert {key: row["amount"] for key, row in paid.items()} == {
        ("R1", "I1"): 98, ("I3", "I2"): 50, ("R2", "I2"): 190, ("R3", "I4"): 80,
    }  # fmt: skip
    assert paid["R1", "I1"]["discount_amount"] == 2
    assert {row["applied_on"] for row in paid.values()} == {date(2025, 3, 31)}


def test_what_is_applied_later_is_still_open_on_the_day(small: Snapshot) -> None:
    found = match(small, as_of=date(2025, 3, 5))
    assert {row["id"]: row["amount"] for row in found.sides.right.to_pylist()}["I2"] == 240
    before = match(small, as_of=date(2025, 3, 4))
    assert before.sides.left.num_rows == 0


def test_what_was_applied_leaves_nothing_to_match(small: Snapshot, tmp_path: Path) -> None:
    found = match(small, as_of=date(2025, 3, 31), rules=Rules(chance=0))
    old = pq.read_table(tmp_path / "applications.parquet").to_pylist()
    new = [
        {"application_id": row["application_id"], "receipt_id": row["receipt_id"], "invoice_id": row["invoice_id"],
         "credit_invoice_id": row["credit_invoice_id"], "applied_on": row["applied_on"], "amount": row["amount"],
         "discount_amount": row["discount_amount"]}
        for row in [*({"credit_invoice_id": None, "discount_amount": 0} | row for row in old),
                    *found.to_applications().to_pylist()]
    ]  # fmt: skip
    write(tmp_path, "applications", new)
    after = match(open_snapshot(tmp_path), as_of=date(2025, 3, 31))
    assert after.sides.left.num_rows == 0
    assert set(after.sides.right["amount"].to_pylist()) == {Decimal(0)}


def test_the_unapplied_cash_of_the_company_goes_where_it_came_from(receipts: Matching) -> None:
    assert receipts.automatic.num_rows > 30
    plain = [row for row in receipts.automatic.to_pylist() if re.fullmatch(r"R[01]\d+", row["left_id"])]
    # A receipt of the example company has four times the number of the document that it pays, or one more.
    strays = [row for row in plain if int(row["left_id"][1:]) // 4 != int(re.sub(r"\D.*", "", row["right_id"][1:]))]
    assert len(plain) > 20 and not strays, strays


def test_nothing_of_the_company_is_applied_that_is_not_open(company: Snapshot, receipts: Matching) -> None:
    open_amounts = {row["id"]: row["amount"] for row in receipts.sides.right.to_pylist()}
    for row in receipts.automatic.to_pylist():
        assert abs(row["amount"] + row["discount_amount"]) <= abs(open_amounts[row["right_id"]])
    assert match(company).matches.equals(receipts.matches)


@pytest.mark.parametrize("what", WHAT)
def test_every_matching_of_the_company_ties_out(company: Snapshot, what: str) -> None:
    found = match(company, what)
    assert found.automatic.num_rows
    for figures in found.figures.values():
        for figure in figures.values():
            assert 2 * figure["total"] == sum(figure.values())
    text = found.as_text()
    assert all(currency in text for currency in found.figures["left"])
    assert json.loads(found.as_json())["what"] == what


def test_bank_lines_find_their_receipts_and_payouts(company: Snapshot) -> None:
    found = match(company, "bank").automatic.to_pylist()
    pairs = {(row["left_id"], row["right_id"]) for row in found}
    named = [(left, right) for left, right in pairs if left.startswith("BR") and right.startswith("R")]
    assert len(named) > 10_000
    assert sum(left[2:] != right[1:] for left, right in named) <= 0.001 * len(named)
    assert any(right.startswith("ST") for _, right in pairs)


def test_the_ledger_finds_its_documents(company: Snapshot) -> None:
    found = match(company, "ledger")
    rows = found.automatic.to_pylist()
    assert len(rows) > 0.99 * found.sides.left.num_rows
    for row in rows:
        if row["pass"] == "reference":
            assert row["left_id"].split()[1] == row["right_id"].split()[1]


def test_words_that_are_none_are_named(company: Snapshot, small: Snapshot) -> None:
    with pytest.raises(UnknownNameError, match="did you mean receipts"):
        match(company, "receipt")
    with pytest.raises(UnknownNameError, match="clock"):
        match(company, clock="wall")
    with pytest.raises(WorkbenchError, match="has no bank_lines"):
        match(small, "bank", as_of=date(2025, 3, 31))
    with pytest.raises(WorkbenchError, match="makes no applications"):
        match(company, "ledger").to_applications()


def test_accepted_proposals_join_the_applications_once(receipts: Matching) -> None:
    rows = receipts.proposals.to_pylist()
    first = rows[0]["match_id"]
    more = receipts.to_applications([first])
    assert more.num_rows > receipts.to_applications().num_rows
    ties = [row["match_id"] for row in rows if row["left_id"] == rows[0]["left_id"]]
    with pytest.raises(UnknownNameError, match="match"):
        receipts.to_applications(["M0"])
    if len(set(ties)) > 1:
        with pytest.raises(WorkbenchError, match="in two of the matches"):
            receipts.to_applications(ties)


def test_the_command_writes_what_python_finds(company: Snapshot, receipts: Matching, tmp_path: Path) -> None:
    out, applied = tmp_path / "matches.csv", tmp_path / "applications.csv"
    done = CliRunner().invoke(
        command, [str(company.folder), "--out", str(out), "--applications", str(applied), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["passes"]
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert [row["match_id"] for row in rows] == receipts.matches["match_id"].to_pylist()
    assert all("." not in row["amount"] for row in rows if row["currency"] == "JPY")
    lines = list(csv.DictReader(applied.open(encoding="utf-8")))
    assert len(lines) == receipts.to_applications().num_rows
    assert list(lines[0])[:9] == APPLICATION.names


def test_the_command_takes_passes_and_a_day(company: Snapshot, tmp_path: Path) -> None:
    out = tmp_path / "matches.parquet"
    call = [str(company.folder), "--as-of", "2025-09-30", "--pass", "amount", "--out", str(out)]
    done = CliRunner().invoke(command, call)
    assert done.exit_code == 0, done.output
    states = {(row["state"], row["pass"]) for row in pq.read_table(out).to_pylist()}
    assert {name for state, name in states if state == "automatic"} == {"amount"}
    assert "2025-09-30" in done.output


def test_a_join_that_declares_too_little_fails_with_the_figures() -> None:
    left = pa.table({"key": ["a", "b"], "currency": ["SGD", "SGD"], "amount": pa.array([Decimal("5.00")] * 2)})
    right = pa.table({"key": ["a", "a"], "more": [1, 2]})
    with pytest.raises(WorkbenchError, match="'a' 2 times"):
        join(left, right, ["key"], "m:1")
    joined = join(left, right.slice(0, 1), ["key"], "1:1")
    assert sorted(joined["amount"].to_pylist()) == [Decimal("5.00")] * 2
    with pytest.raises(UnknownNameError, match="cardinality"):
        join(left, right, ["key"], "n:m")


def test_a_join_whose_sums_differ_fails_with_the_figures() -> None:
    right = pa.table({"key": ["a", "a"], "currency": ["SGD", "SGD"], "amount": pa.array([Decimal("5.00")] * 2)})
    left = pa.table({"key": ["a"], "name": ["x"]})
    assert join(left, right, ["key"], "1:n")["name"].to_pylist() == ["x", "x"]
    from workbench.matching.joins import check_sums

    with pytest.raises(WorkbenchError, match=r"10\.00 SGD went into a join and 5\.00 came out"):
        check_sums(right, right.slice(0, 1), "a join")
