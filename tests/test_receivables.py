"""What was open on any day: published cases, bad input, the ledger, statements, roll-forward and restatement."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

from tests.cases import complete
from workbench.engine.duck import DuckEngine
from workbench.errors import GateError, WorkbenchError
from workbench.example import make_company
from workbench.receivables import books as kept
from workbench.receivables.buckets import Bucket, definition
from workbench.receivables.command import command
from workbench.receivables.identities import FAILS, HOLDS, NOT_SHOWN, assert_identities
from workbench.receivables.items import OpenItems, open_items, receivables
from workbench.receivables.movement import AMOUNTS, roll_forward
from workbench.receivables.restatement import restated
from workbench.receivables.section import identities_html, section_html, section_text
from workbench.receivables.statements import statement
from workbench.schema import Table, table
from workbench.snapshot import Snapshot, open_snapshot

CASES = Path(__file__).parent / "figures" / "receivables_cases.yml"
TABLES = ("invoices", "receipts", "applications", "adjustments", "gl_lines", "fx_rates", "customers", "entities")
HOSTILE = "<script>alert(1)</script>"


def shape(name: str) -> Table:
    """A canonical table, or that of the parts in which an invoice is due."""
    return kept.INSTALMENTS if name == "instalments" else table(name)


def full(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with the defaults of its table, an explicit null kept."""
    return dict(row) if name == "instalments" else {**complete(name, row), **row}


class Books:
    """An engine on an empty snapshot whose tables are emptied and filled again."""

    def __init__(self, folder: Path) -> None:
        self.engine = DuckEngine(folder)
        kept.add_views(self.engine)
        for name in (*TABLES, "instalments"):
            entry = shape(name)
            typed = ", ".join(f'"{column}" {kind.sql_type}' for column, kind in entry.columns.items())
            self.engine.connection.execute(f'drop view "{name}"')
            self.engine.connection.execute(f'create table "{name}" ({typed}, _source varchar, _row bigint)')
            self.engine.columns[name] = list(entry.columns)

    def fill(self, **rows: list[dict[str, Any]]) -> Books:
        """These rows and no others."""
        for name in (*TABLES, "instalments"):
            self.engine.connection.execute(f'delete from "{name}"')
            if rows.get(name):
                self.engine.connection.register("given", texts(name, rows[name]))
                self.engine.connection.execute(f'insert into "{name}" select *, null, null from given')
        return self

    def ask(self, *days: date, clock: str = "known", by: str = "due", buckets: Any = None, **more: Any) -> OpenItems:
        """The open items of the rows."""
        return open_items(self.engine, kept.asked(days, clock, by, buckets), **more)


def texts(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as columns of text, which a table takes as its own types."""
    complete_rows = [full(name, row) for row in rows]
    return pa.table(
        {
            column: pa.array(
                [None if row.get(column) is None else str(row[column]) for row in complete_rows], pa.string()
            )
            for column in shape(name).columns
        }
    )


def write_snapshot(folder: Path, **rows: list[dict[str, Any]]) -> Snapshot:
    """A snapshot with these rows as Parquet."""
    import duckdb

    folder.mkdir(parents=True)
    for name, given in rows.items():
        kinds = ", ".join(f'cast("{c}" as {k.sql_type}) as "{c}"' for c, k in shape(name).columns.items())
        with duckdb.connect() as connection:
            connection.register("given", texts(name, given))
            pq.write_table(connection.sql(f"select {kinds} from given").to_arrow_table(), folder / f"{name}.parquet")
    return open_snapshot(folder)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    made = Books(tmp_path_factory.mktemp("books"))
    yield made
    made.engine.close()


@dataclass(frozen=True)
class Case:
    """One day of one case of the file."""

    name: str
    given: dict[str, list[dict[str, Any]]]
    find: dict[str, Any]


def cases() -> list[Case]:
    document = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return [Case(name, entry["given"], find) for name, entry in document.items() for find in entry["finds"]]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.name}-{case.find['as_of']}")
def test_published_case(books: Books, case: Case) -> None:
    how = {name: case.find[name] for name in ("clock", "by", "buckets") if name in case.find}
    found = books.fill(**case.given).ask(case.find["as_of"], **how)
    ageing = found.ageing(("currency",))
    columns = {
        name: amount for row in ageing for name, amount in row.items() if isinstance(amount, Decimal) and amount != 0
    }
    expected = {name: Decimal(value) for name, value in case.find["ageing"].items() if Decimal(value)}
    assert columns == expected
    if "open" in case.find:
        items = {
            row["item_id"] + (f"/{row['part']}" if row["part"] else ""): row["open_amount"]
            for row in found.items.to_pylist()
        }
        assert items == {name: Decimal(value) for name, value in case.find["open"].items()}
    assert sorted(note.code for note in found.notes) == case.find.get("notes", sorted(n.code for n in found.notes))
    assert all(identity.state != FAILS for identity in found.identities)


INVOICE = {"invoice_id": "I1", "invoice_date": "2025-03-05", "due_date": "2025-04-04", "gross_amount": "100"}
DEBIT = {
    "gl_line_id": "G1", "entity_id": "E1", "account": "1200", "account_kind": "receivable",
    "posted_on": "2025-03-05", "currency": "SGD", "amount": "100",
}  # fmt: skip
MARCH = date(2025, 3, 31)


def test_open_items_tie_to_the_ledger_and_a_failing_identity_stops_a_notebook_with_its_difference(books: Books) -> None:
    assert_identities(books.fill(invoices=[INVOICE], gl_lines=[DEBIT]).ask(MARCH))
    apart = books.fill(invoices=[INVOICE], gl_lines=[DEBIT | {"amount": "90"}]).ask(MARCH)
    failing = [identity for identity in apart.identities if identity.state == FAILS]
    assert [identity.difference for identity in failing] == [Decimal(10)]
    assert not apart.holds
    with pytest.raises(GateError, match=r"100\.00 is not 90\.00 in SGD of E1 on 2025-03-31, 10\.00 apart"):
        apart.assert_identities()


def test_ledger_without_lines_of_a_currency_is_nothing_and_a_snapshot_without_a_ledger_cannot_be_shown(
    books: Books,
) -> None:
    other = books.fill(invoices=[INVOICE, INVOICE | {"invoice_id": "I2", "currency": "USD"}], gl_lines=[DEBIT]).ask(
        MARCH
    )
    assert [(i.currency, i.difference) for i in other.identities if i.state == FAILS] == [("USD", Decimal(100))]
    none = books.fill(invoices=[INVOICE]).ask(MARCH)
    assert [identity.state for identity in none.identities] == [HOLDS, HOLDS, NOT_SHOWN]
    assert none.holds


def test_dated_clock_ties_to_the_ledger_with_what_was_posted_on_the_other_side_of_the_day(books: Books) -> None:
    late = INVOICE | {"posted_on": "2025-04-02"}
    found = books.fill(invoices=[late], gl_lines=[DEBIT | {"posted_on": "2025-04-02"}]).ask(MARCH, clock="dated")
    assert found.total("SGD") == 100
    assert found.holds
    assert "100.00 dated by then and posted later" in found.identities[-1].note


def test_ledger_counts_what_was_posted_on_the_day_itself_by_either_clock(books: Books) -> None:
    early = INVOICE | {"invoice_date": "2025-04-02", "posted_on": "2025-03-31"}
    books.fill(invoices=[early], gl_lines=[DEBIT | {"posted_on": "2025-03-31"}])
    assert books.ask(MARCH).holds and books.ask(MARCH).total("SGD") == 100
    dated = books.ask(MARCH, clock="dated")
    assert dated.holds and dated.total("SGD") == 0
    assert "100.00 posted by then and dated later" in dated.identities[-1].note


def test_reversed_receipt_that_is_still_applied_is_named_where_the_ledger_still_has_it(books: Books) -> None:
    rows = {
        "invoices": [INVOICE],
        "receipts": [{"receipt_id": "R1", "received_on": "2025-03-10", "amount": "100", "status": "reversed"}],
        "applications": [{"application_id": "P1", "receipt_id": "R1", "invoice_id": "I1", "amount": "100"}],
        "gl_lines": [DEBIT, DEBIT | {"gl_line_id": "G2", "amount": "-100"}],
    }
    failing = [identity for identity in books.fill(**rows).ask(MARCH).identities if identity.state == FAILS]
    assert [identity.difference for identity in failing] == [Decimal(100)]
    assert "100.00 was applied from receipts that were reversed" in failing[0].note


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1-30,45-60,over 60", "leave out the days 31 to 44, between '1-30' and '45-60'"),
        ("1-30,32-60,over 60", "leave out day 31,"),
        ("1-30,30-60,over 60", "'1-30' and '30-60' both hold day 30"),
        ("5-30,over 30", "leave out the days 1 to 4, before '5-30'"),
        ("0-30,over 30", "begins on day 0"),
        ("1-30,31-60", "leave out every day after day 60"),
        ("over 0,31-60", "'over 0' and '31-60' both hold day 31"),
        ("30,30,90", "end on day 30 and then on day 30"),
        ("60,30", "end on day 60 and then on day 30"),
        ("0,30", "end on day 0 and then on day 0"),
        ("-5,30", "'-5' is no bucket"),
        ("a month", "'a month' is no bucket"),
        ("", "have no day"),
        ([Bucket("early", 1, 30), Bucket("early", 31)], "The name 'early' is taken"),
        ([Bucket("credits", 1)], "The name 'credits' is taken"),
        ([Bucket("x", 1, 0), Bucket("y", 1)], "'x' ends before it begins"),
        ([], "have no day"),
    ],
)
def test_buckets_with_a_hole_or_an_overlap_are_refused_in_a_sentence(given: Any, said: str) -> None:
    with pytest.raises(WorkbenchError) as refused:
        definition(given)
    assert said in refused.value.problem
    assert refused.value.fix


def test_buckets_may_be_ends_or_spans() -> None:
    assert (
        definition("30, 60") == definition([30, 60]) == definition("1-30,31-60,over 60") == definition("1-30,31-60,61+")
    )
    assert [bucket.name for bucket in definition()] == ["1-30", "31-60", "61-90", "91-120", "over 120"]


@pytest.mark.parametrize("offset", [*range(-2, 3), *range(28, 33), *range(58, 63), *range(88, 93), *range(118, 123)])
def test_default_buckets_are_the_same_by_either_of_two_queries(books: Books, offset: int) -> None:
    due = date.fromordinal(MARCH.toordinal() - offset)
    books.fill(invoices=[INVOICE | {"invoice_date": "2024-01-01", "due_date": due.isoformat()}])
    same = [*definition()[:-1], Bucket("beyond", 121)]
    quick, general = books.ask(MARCH), books.ask(MARCH, buckets=same)
    assert quick.items["bucket"].to_pylist() == [
        name.replace("beyond", "over 120") for name in general.items["bucket"].to_pylist()
    ]


def test_a_day_before_the_first_row_has_nothing_open_and_says_so(books: Books) -> None:
    found = books.fill(invoices=[INVOICE]).ask(date(2020, 1, 1))
    assert found.items.num_rows == 0
    assert found.sentences == ("The first row is of 2025-03-05; nothing was open before, on 2020-01-01.",)
    assert "Nothing was open." in section_text(found)


RATE = {"currency": "JPY", "quote_currency": "SGD", "rate_date": "2025-03-30", "rate": "0.009"}
YEN = INVOICE | {"invoice_id": "J1", "currency": "JPY", "gross_amount": "10001"}


def test_reporting_currency_takes_the_newest_rate_by_the_day_direct_or_inverse_and_states_it(books: Books) -> None:
    later = RATE | {"rate_date": "2025-04-01", "rate": "5"}
    found = books.fill(invoices=[INVOICE, YEN], fx_rates=[RATE, later]).ask(MARCH, currency="SGD").reported
    assert found is not None
    assert found.total(MARCH) == found.total(MARCH, "E1")
    assert found.total(MARCH, "E1") is not None and found.total(MARCH)["not due"] == Decimal("190.01")  # type: ignore[index]
    assert found.lines[0].rate is not None and found.lines[0].rate.words == "1 JPY = 0.009 SGD, rate of 2025-03-30"
    inverse = RATE | {"currency": "SGD", "quote_currency": "JPY", "rate": "111"}
    turned = books.fill(invoices=[YEN], fx_rates=[inverse]).ask(MARCH, currency="SGD").reported
    assert turned is not None and turned.total(MARCH)["not due"] == Decimal("90.10")  # type: ignore[index]
    assert turned.lines[0].rate is not None and turned.lines[0].rate.words == "1 SGD = 111 JPY, rate of 2025-03-30"


def test_rate_of_the_day_itself_counts_and_a_direct_one_goes_before_an_inverse_one(books: Books) -> None:
    today = RATE | {"rate_date": "2025-03-31", "rate": "0.008"}
    inverse = today | {"currency": "SGD", "quote_currency": "JPY", "rate": "100"}
    found = books.fill(invoices=[YEN], fx_rates=[RATE, inverse, today]).ask(MARCH, currency="SGD").reported
    assert found is not None and found.lines[0].rate is not None
    assert (found.lines[0].rate.rate, found.lines[0].rate.is_inverse) == (Decimal("0.008"), False)


def test_currency_without_a_rate_has_no_figure_and_says_which_rate_lacks(books: Books) -> None:
    chain = [RATE | {"quote_currency": "USD"}, RATE | {"currency": "USD"}]
    found = books.fill(invoices=[INVOICE, YEN], fx_rates=chain).ask(MARCH, currency="SGD")
    assert found.reported is not None and found.reported.total(MARCH) is None
    assert "There is no rate from JPY to SGD on or before 2025-03-31" in found.reported.lacking[0]
    stated = books.ask(MARCH, currency="SGD", rates={"JPY": Decimal("0.01")})
    assert stated.reported is not None and stated.reported.total(MARCH)["not due"] == Decimal("200.01")  # type: ignore[index]
    with pytest.raises(WorkbenchError, match="The rate of JPY is 0"):
        books.ask(MARCH, currency="SGD", rates={"JPY": Decimal(0)})


def test_application_across_currencies_moves_each_side_in_its_own_and_is_noted(books: Books) -> None:
    rows = {
        "invoices": [YEN],
        "receipts": [{"receipt_id": "R1", "received_on": "2025-03-10", "amount": "10001"}],
        "applications": [{"application_id": "P1", "receipt_id": "R1", "invoice_id": "J1", "amount": "10001"}],
    }
    found = books.fill(**rows).ask(MARCH)
    assert found.items.num_rows == 0
    assert [note.code for note in found.notes] == ["application_across_currencies"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"clock": "posted"}, "There is no clock 'posted'"),
        ({"by": "post"}, "There is no way of counting days 'post'"),
        ({"entity": "E9"}, "There is no entity 'E9'"),
        ({"customer": "C9"}, "There is no customer 'C9'"),
    ],
)
def test_a_name_that_is_none_is_refused(books: Books, how: dict[str, Any], said: str) -> None:
    books.fill(invoices=[INVOICE])
    with pytest.raises(WorkbenchError, match=said):
        books.ask(MARCH, **how)


def test_part_of_the_books_is_shown_and_the_whole_is_proved(books: Books) -> None:
    second = INVOICE | {"invoice_id": "I2", "customer_id": "C2", "gross_amount": "7"}
    found = books.fill(invoices=[INVOICE, second], gl_lines=[DEBIT | {"amount": "107"}]).ask(MARCH, customer="C2")
    assert found.total("SGD") == 7
    assert found.holds


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
