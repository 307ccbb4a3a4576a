"""A customer's pack holds that customer's rows, masked, and nothing of anybody else in any byte."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.pack_company import PERIOD, make_snapshot
from workbench.controls import controls
from workbench.engine import open_engine
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import COLUMNS, Findings, Parameters, count
from workbench.pack import verify
from workbench.pack.audience import review_customers
from workbench.pack.audience.masking import told
from workbench.pack.audience.words import CONTROLS, FILES, MASKED, OTHERS, OWNED
from workbench.pack.rerun import rerun
from workbench.schema import tables
from workbench.snapshot import Snapshot, open_snapshot, write_manifest

OWN, TWICE = "=C14", "=C17"
NAMES = {
    OWN: "=cmd|'/C calc'!A0 <script>alert('mine')</script>",
    TWICE: "Twice & Sons",
    "=C15": "<img src=x onerror=alert(1)> Rival",
    "=C16": 'Rival "and" Partners; DROP TABLE',
    "C1": "Kanal Größe 株式会社",
}
PEOPLE = {"U-77": "Ursula Approver", "U-78": "=SUM(A1) Grace"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The small company with customers, people and a partner, and a document each of whose reasons names another's."""
    folder = make_snapshot(tmp_path_factory.mktemp("audience") / "snapshot").folder
    for name, rows in {
        "customers": [
            {"customer_id": key, "name": name, "status": "active", "owner": "U-77", "tax_id": f"TAX{place}9"}
            for place, (key, name) in enumerate(NAMES.items())
        ],
        "users": [{"user_id": key, "name": name, "role": "clerk"} for key, name in PEOPLE.items()],
        "partners": [{"partner_id": "P-5", "name": "Carrier Quick", "kind": "carrier", "currency": "SGD"}],
    }.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    write_manifest(folder)
    return open_snapshot(folder)


@pytest.fixture(scope="module")
def packs(snapshot: Snapshot) -> dict[str, Path]:
    made = review_customers(snapshot, PERIOD, snapshot.folder.parent / "out", [OWN, TWICE, "=C3"])
    return dict(zip((OWN, TWICE, "=C3"), made, strict=True))


def every_byte(pack: Path) -> Iterator[tuple[str, str]]:
    """Every file as text: members of workbooks unpacked, Parquet as its values and as its bytes."""
    for file in sorted(pack.rglob("*")):
        if file.suffix != ".xlsx":
            yield file.name, file.read_bytes().decode("utf-8", "replace")
        if file.suffix == ".parquet":
            yield f"{file.name} values", json.dumps(pq.read_table(file).to_pylist(), default=str, ensure_ascii=False)
            yield f"{file.name} schema", str(pq.read_schema(file).metadata)
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                for name in book.namelist():
                    # A cell's own address, C1, is no customer.
                    yield f"{file.name} {name}", re.sub(r'\b(r|ref)="[^"]*"', "", book.read(name).decode("utf-8"))


def forms(text: str) -> set[str]:
    """A text as it is, and as it stands in HTML, XML and JSON."""
    return {text, html.escape(text), html.escape(text, quote=False), json.dumps(text)[1:-1]}


def test_every_file_is_listed_and_the_hashes_verify_as_folder_and_zip(packs: dict[str, Path]) -> None:
    for pack in packs.values():
        assert {file.name for file in pack.rglob("*")} == {*FILES}
        assert verify(pack).holds
        assert verify(pack.with_name(f"{pack.name}.zip")).holds


def test_only_findings_of_the_customer_and_of_listed_controls_are_told_masked(packs: dict[str, Path]) -> None:
    rows = {row["subject_id"]: row for row in pq.read_table(packs[OWN] / "findings.parquet").to_pylist()}
    assert {*rows} == {"A-14", "=B-14"}, "one in each entity"
    row = rows["A-14"]
    assert (row["control_id"], row["subject_id"], row["customer_id"]) == ("ACC-01", "A-14", OWN)
    assert str(row["impact_amount"]) == "100.0000"
    assert row["reason"].startswith("stated net 1500.00"), "what names nobody else is told as it is"
    assert {name: row[name] for name in MASKED} == {"severity": "", "convention": None, "suppressed_by": None}
    assert json.loads(row["evidence"]) == {"invoices": ["A-14"], "invoice_lines": ["A-14/1"]}
    figures = json.loads((packs[OWN] / "funnel.json").read_text(encoding="utf-8"))
    assert figures["totals"] == {"findings": 2}
    assert "2 findings that concern you" in (packs[OWN] / "summary.html").read_text(encoding="utf-8")


REASONS = {
    "stated net 1.00": True,
    "as line =B-14/1 of its own": True,
    "as line A-14/1": True,
    "same mark as A-15": False,
    "days of it are on line A-15/1 too": False,
    "A-15-<img src=x onerror=alert(2)>-0015, twice": False,
    "entered by U-77": False,
    "approved by URSULA approver": False,
    "sold to =C16": False,
    'of rival "AND" partners; drop table, Ltd': False,
    "by Kanal Größe 株式会社 too": False,
    "with carrier P-5.": False,
    "(TAX49)": False,
}


def test_a_reason_that_names_somebody_else_gives_way_to_the_question(snapshot: Snapshot) -> None:
    rows = [
        {
            **dict.fromkeys(COLUMNS.names), "control_id": "ACC-01", "finding_id": f"{place:016}", "severity": "high",
            "subject_table": "invoices", "subject_id": "A-14", "customer_id": OWN, "direction": "at_risk",
            "reason": reason, "evidence": '{"invoices":["A-14","A-15"],"users":["U-77"]}',
        }
        for place, reason in enumerate(REASONS)
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=COLUMNS)
    found = Findings(table, Parameters(None, None, date(2025, 4, 1), {}), (count(controls()["ACC-01"], 1, table),), ())
    with closing(open_engine("duckdb", snapshot.folder)) as database:
        shown = told(found, database, OWN).table.to_pylist()
    title = controls()["ACC-01"].title
    expected = [reason if is_told else title for reason, is_told in REASONS.items()]
    assert [row["reason"] for row in shown] == expected
    assert {row["evidence"] for row in shown} == {'{"invoices": ["A-14"]}'}


def test_a_customer_without_findings_gets_a_pack_that_says_so(packs: dict[str, Path]) -> None:
    assert pq.read_table(packs["=C3"] / "findings.parquet").num_rows == 0
    assert "found nothing that concerns you" in (packs["=C3"] / "summary.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("customer", [OWN, TWICE, "=C3"])
def test_nothing_of_anybody_else_is_in_any_byte(packs: dict[str, Path], snapshot: Snapshot, customer: str) -> None:
    invoices = pq.read_table(snapshot.folder / "invoices.parquet").to_pylist()
    others = {key for key in NAMES if key != customer} | {row["customer_id"] for row in invoices} - {customer}
    keys = {row["invoice_id"] for row in invoices if row["customer_id"] != customer} - {"X-1"}
    keys |= {*PEOPLE, "P-5", "A-R1", "=B-R1", *(f"TAX{place}9" for place, key in enumerate(NAMES) if key != customer)}
    names = [name for key, name in NAMES.items() if key != customer] + [*PEOPLE.values(), "Carrier Quick"]
    for place, text in every_byte(packs[customer]):
        if place == "verify.py":
            continue
        for name in names:
            assert not [form for form in forms(name) if form in text], f"{place} holds the name {name}"
        for key in others | keys:
            assert not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w/-])", text), f"{place} holds {key}"


def test_hostile_names_of_the_customer_are_text(packs: dict[str, Path]) -> None:
    page = (packs[OWN] / "summary.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert" in page
    assert not re.search(r"<(script|img|link|iframe)\b|<[^>]*\son\w+=", page)
    with zipfile.ZipFile(packs[OWN] / "findings.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_the_same_review_keeps_the_packs_and_a_rerun_asks_for_the_inner_one(
    packs: dict[str, Path], snapshot: Snapshot
) -> None:
    before = (packs[OWN] / "manifest.json").read_bytes()
    assert review_customers(snapshot, PERIOD, packs[OWN].parent, [OWN]) == [packs[OWN]]
    assert (packs[OWN] / "manifest.json").read_bytes() == before
    with pytest.raises(WorkbenchError, match="was made for a customer"):
        rerun(packs[OWN], snapshot.folder)


def test_what_cannot_be_asked_is_said(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="There is no customer '=C114'"):
        review_customers(snapshot, PERIOD, tmp_path, ["=C114"])
    with pytest.raises(UnknownNameError, match="There is no audience 'press'"):
        review_customers(snapshot, PERIOD, tmp_path, [OWN], audience="press")
    with pytest.raises(WorkbenchError, match="needs to know which"):
        review_customers(snapshot, PERIOD, tmp_path, [])
    assert not list(tmp_path.iterdir())


def test_the_lists_name_what_exists() -> None:
    assert controls().keys() >= CONTROLS
    for table, (column, parent) in OWNED.items():
        assert column in tables()[table].columns
        assert (OWNED[parent][0] if parent else "customer_id") in tables()[table].columns
    for table, (whose, columns) in OTHERS.items():
        assert {*columns, *filter(None, [whose])} <= tables()[table].columns.keys()
