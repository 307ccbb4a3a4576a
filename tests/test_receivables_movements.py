"""What moved the accounts: roll-forward, statement, restatement, and the command that shows them."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.receivable_books import DEBIT, INVOICE, MARCH, Books, write_snapshot
from workbench.errors import GateError, WorkbenchError
from workbench.example import make_company
from workbench.receivables import books as kept
from workbench.receivables.command import command
from workbench.receivables.identities import HOLDS, NOT_SHOWN
from workbench.receivables.items import receivables
from workbench.receivables.movement import AMOUNTS, roll_forward
from workbench.receivables.restatement import restated
from workbench.receivables.section import identities_html, section_html
from workbench.receivables.statements import statement
from workbench.snapshot import open_snapshot

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    made = Books(tmp_path_factory.mktemp("books"))
    yield made
    made.engine.close()


BOOKED = {
    "invoices": [
        INVOICE,
        INVOICE | {"invoice_id": "N1", "kind": "credit_memo", "gross_amount": "-30", "due_date": None},
        INVOICE | {"invoice_id": "I2", "customer_id": "C2", "invoice_date": "2025-02-20", "gross_amount": "40"},
        INVOICE | {"invoice_id": "X1", "invoice_date": "2025-03-11", "gross_amount": "9"},
        INVOICE
        | {"invoice_id": "X2", "kind": "credit_memo", "invoice_date": "2025-03-12", "gross_amount": "-9",
           "original_invoice_id": "X1", "reason_code": "cancel"},
    ],
    "receipts": [
        {"receipt_id": "R1", "received_on": "2025-03-20", "amount": "90"},
        {"receipt_id": "R2", "received_on": "2025-03-21", "amount": "1", "customer_id": None},
    ],
    "applications": [
        {"application_id": "P1", "receipt_id": "R1", "invoice_id": "I1", "amount": "50", "discount_amount": "2",
         "applied_on": "2025-03-20"},
        {"application_id": "P2", "receipt_id": "R1", "invoice_id": "I2", "amount": "40", "applied_on": "2025-03-22"},
    ],
    "adjustments": [
        {"adjustment_id": "J1", "invoice_id": "I1", "kind": "write_off", "amount": "-3", "adjusted_on": "2025-03-25"},
        {"adjustment_id": "J2", "invoice_id": "I1", "kind": "refund", "amount": "4", "adjusted_on": "2025-03-26"},
        {"adjustment_id": "J3", "invoice_id": "I1", "kind": "billing_adjustment", "amount": "-5",
         "adjusted_on": "2025-03-27"},
        {"adjustment_id": "J4", "invoice_id": "I1", "kind": "discount", "amount": "-6", "adjusted_on": "2025-03-28"},
    ],
    "customers": [{"customer_id": "C1", "name": HOSTILE}, {"customer_id": "C2", "name": "=1+1"}],
    "gl_lines": [DEBIT],
}  # fmt: skip


def test_roll_forward_says_what_moved_every_account_and_foots(tmp_path: Path) -> None:
    rolled = roll_forward(write_snapshot(tmp_path / "books", **BOOKED), date(2025, 3, 1), date(2025, 4, 1))
    rolled.assert_identities()
    accounts = {row["customer_id"]: {n: row[n] for n in AMOUNTS if row[n]} for row in rolled.accounts.to_pylist()}
    assert accounts["C1"] == {
        "invoiced": 109, "credited": -30, "reversed": -9, "received": -90, "applied": 40, "discounted": -8,
        "written_off": -3, "refunded": 4, "adjusted": -5, "closing": 8,
    }  # fmt: skip
    assert accounts["C2"] == {"opening": 40, "applied": -40}
    assert accounts[None] == {"received": -1, "closing": -1}
    assert [(row["opening"], row["closing"], row["difference"]) for row in rolled.totals()] == [(40, 7, 0)]
    assert "<table" in rolled._repr_html_()
    with pytest.raises(WorkbenchError, match="has no day"):
        roll_forward(open_snapshot(tmp_path / "books"), date(2025, 4, 1), date(2025, 4, 1))


def test_roll_forward_has_its_first_day_and_not_its_last(tmp_path: Path) -> None:
    edges = {"I1": "2025-02-28", "I2": "2025-03-01", "I3": "2025-03-31", "I4": "2025-04-01"}
    invoices = [INVOICE | {"invoice_id": name, "invoice_date": day} for name, day in edges.items()]
    rolled = roll_forward(write_snapshot(tmp_path / "books", invoices=invoices), date(2025, 3, 1), date(2025, 4, 1))
    assert [(row["opening"], row["invoiced"], row["closing"]) for row in rolled.totals()] == [(100, 200, 300)]


def test_statement_balances_line_by_line_to_what_is_open_and_escapes_the_name(tmp_path: Path) -> None:
    made = statement(write_snapshot(tmp_path / "books", **BOOKED), "C1", MARCH, from_date=date(2025, 3, 10))
    made.assert_identities()
    assert [row["effect"] for row in made.lines.to_pylist()] == [
        "carried forward", "invoiced", "reversed", "discounted", "received", "applied", "written_off", "refunded",
        "adjusted", "discounted",
    ]  # fmt: skip
    assert made.balances() == [{"entity_id": "E1", "currency": "SGD", "balance": Decimal(8)}]
    assert {row["item_id"]: row["open_amount"] for row in made.open.items.to_pylist()} == {
        "I1": Decimal(38), "N1": Decimal(-30), "X1": Decimal(9), "X2": Decimal(-9),
    }  # fmt: skip
    page = made._repr_html_() + section_html(made)
    assert HOSTILE not in page and "&lt;script&gt;" in page
    empty = statement(open_snapshot(tmp_path / "books"), "C1", date(2020, 1, 1))
    assert empty.lines.num_rows == 0 and empty.identities == ()


def test_restatement_names_every_document_that_changed_in_a_closed_month(tmp_path: Path) -> None:
    old = write_snapshot(tmp_path / "old", **BOOKED)
    invoices = [row for row in BOOKED["invoices"] if row["invoice_id"] not in {"I2", "N1"}]
    changed = {
        "invoices": [
            *invoices,
            INVOICE | {"invoice_id": "I2", "customer_id": "C2", "invoice_date": "2025-02-20", "gross_amount": "41"},
            INVOICE | {"invoice_id": "N1", "kind": "credit_memo", "invoice_date": "2025-04-02", "gross_amount": "-30"},
            INVOICE
            | {"invoice_id": "L1", "invoice_date": "2025-03-31", "posted_on": "2025-04-03", "gross_amount": "5"},
        ],
        "adjustments": BOOKED["adjustments"][1:],
    }
    new = write_snapshot(tmp_path / "new", **{**BOOKED, **changed})
    found = restated(old, new, "2025-03")
    found.assert_identities()
    rows = {
        row["source_id"]: (row["change"], row["opening_change"], row["period_change"]) for row in found.rows.to_pylist()
    }
    assert rows == {"I2": ("changed", 1, 0), "N1": ("moved", 0, 30), "J1": ("gone", 0, 3)}
    assert [document["item_id"] for document in found.documents()] == ["N1", "I1", "I2"]
    dated = restated(old, new, "2025-03", clock="dated")
    assert {row["source_id"] for row in dated.rows.to_pylist()} == {"I2", "N1", "J1", "L1"}
    assert restated(old, old, "2025-03").rows.num_rows == 0
    with pytest.raises(WorkbenchError, match="'March' is no month"):
        restated(old, new, "March")


def test_identities_of_several_results_stand_together_with_those_that_fail_first(books: Books) -> None:
    good = books.fill(invoices=[INVOICE], gl_lines=[DEBIT]).ask(MARCH)
    bad = books.fill(invoices=[INVOICE], gl_lines=[DEBIT | {"amount": "1"}]).ask(MARCH)
    page = identities_html(good, bad)
    assert page.index(">FAILS<") < page.index(">holds<")
    assert ">99.00<" in page


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_command_prints_totals_and_identities_and_ends_with_1_where_one_fails(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "books", invoices=[INVOICE], gl_lines=[DEBIT])
    done = run(tmp_path / "books", "--as-of", "2025-03-31", "--currency", "EUR", "--rate", "SGD=0.5")
    assert done.exit_code == 0, done.output
    assert "1 SGD = 0.5 EUR, as stated" in done.output and "holds" in done.output
    write_snapshot(tmp_path / "apart", **BOOKED)
    assert isinstance(run(tmp_path / "apart", "--as-of", "2025-03-31").exception, GateError)
    assert isinstance(run(tmp_path / "books", "--buckets", "1-30,40-50,over 50").exception, WorkbenchError)
    assert isinstance(run(tmp_path / "books", "--from", "2025-03-01").exception, WorkbenchError)
    assert isinstance(run(tmp_path / "books", "--rate", "SGD=cheap", "--currency", "EUR").exception, WorkbenchError)


@pytest.mark.parametrize(
    "words",
    [
        ("--as-of", "2025-03-31"),
        ("--customer", "C1", "--as-of", "2025-03-31"),
        ("--from", "2025-03-01", "--to", "2025-04-01"),
    ],
)
def test_command_writes_json_and_csv_of_every_view(tmp_path: Path, words: tuple[str, ...]) -> None:
    rows = {**BOOKED, "gl_lines": [], "invoices": [{**row, "invoice_number": "=1+1"} for row in BOOKED["invoices"]]}
    write_snapshot(tmp_path / "books", **rows)
    done = run(tmp_path / "books", *words, "--json", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    read = json.loads(done.stdout)
    assert {identity["state"] for identity in read["identities"]} <= {HOLDS, NOT_SHOWN}
    lines = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert len(lines) == len(read["rows"]) > 0
    assert all(not cell.startswith("=") for line in lines for cell in line.values())


def test_command_names_what_changed_since_an_older_snapshot(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "old", **BOOKED)
    write_snapshot(tmp_path / "new", **{**BOOKED, "adjustments": BOOKED["adjustments"][1:]})
    done = run(tmp_path / "new", "--than", tmp_path / "old", "--from", "2025-03-01", "--to", "2025-04-01")
    assert done.exit_code == 0, done.output
    assert "gone" in done.output and "written off" in done.output


def test_one_snapshot_says_what_came_into_a_month_after_the_evening_it_was_closed(tmp_path: Path) -> None:
    late = {
        "invoices": [
            INVOICE,
            *(
                INVOICE | {"invoice_id": name, "invoice_date": dated, "posted_on": posted, "gross_amount": amount}
                for name, dated, posted, amount in (
                    ("L1", "2025-03-20", "2025-04-03", "7"),
                    ("L2", "2025-02-20", "2025-04-09", "5"),
                    ("L3", "2025-04-02", "2025-04-09", "3"),
                )
            ),
        ],
        "adjustments": [
            {"adjustment_id": "J1", "invoice_id": "I1", "kind": "write_off", "amount": "-2",
             "adjusted_on": "2025-03-31", "posted_on": "2025-04-02"},
        ],
    }  # fmt: skip
    books = write_snapshot(tmp_path / "books", **late)
    found = restated(books, books, "2025-03", clock="dated", known_then=date(2025, 4, 2))
    found.assert_identities()
    changes = {row["source_id"]: (row["change"], row["closing_change"]) for row in found.rows.to_pylist()}
    assert changes == {"L1": ("new", 7), "L2": ("new", 5)}
    assert [(row["closing_then"], row["closing_now"]) for row in found.totals] == [(98, 110)]
    both = restated(books, books, "2025-03", clock="dated", known_then=MARCH, known_now=date(2025, 4, 3))
    assert {row["source_id"] for row in both.rows.to_pylist()} == {"L1", "J1"}
    both.assert_identities()
    done = run(tmp_path / "books", "--from", "2025-03-01", "--to", "2025-04-01", "--closed-on", "2025-04-02")
    assert done.exit_code == 0, done.output
    assert "as dated; then is what was known on 2025-04-02" in done.output


def test_snapshot_of_invoices_alone_has_open_items_and_one_without_them_is_refused(tmp_path: Path) -> None:
    found = receivables(write_snapshot(tmp_path / "books", invoices=[INVOICE]))
    assert found.ask.days == (date(2025, 3, 5),)
    assert found.total("SGD") == 100
    with pytest.raises(WorkbenchError, match="has no invoices"):
        receivables(write_snapshot(tmp_path / "none", customers=BOOKED["customers"]))
    with pytest.raises(WorkbenchError, match="No day is given"):
        receivables(open_snapshot(tmp_path / "books"), [])


@pytest.mark.prove
@pytest.mark.parametrize("clock", ["known", "dated"])
def test_clean_example_company_satisfies_every_identity_on_every_month_end(tmp_path: Path, clock: str) -> None:
    make_company(tmp_path / "clean", lines=20_000, clean=True, form="parquet")
    snapshot = open_snapshot(tmp_path / "clean")
    days = kept.month_ends(date(2024, 1, 1), date(2025, 12, 31))
    found = receivables(snapshot, days, clock=clock, items=False)
    assert len({identity.as_of for identity in found.identities}) == 24
    assert {identity.state for identity in found.identities} == {HOLDS}
    for first, after in pairwise(days):
        roll_forward(snapshot, first, after, clock=clock).assert_identities()
    shutil.rmtree(tmp_path / "clean")


def test_an_entity_is_not_failed_by_the_ledger_of_another(tmp_path: Path) -> None:
    make_company(tmp_path / "planted", lines=5_000, form="parquet")
    snapshot = open_snapshot(tmp_path / "planted")
    found = receivables(snapshot, entity="SG01", items=False)
    assert {identity.entity_id for identity in found.identities} == {"SG01"}
    assert len(receivables(snapshot, items=False).identities) > len(found.identities)
