"""Salesforce by its API, from a real server on loopback: the same as by Data Loader, and never half."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.salesforce_server import SESSION, Organisation, certificate, from_exports, serving
from workbench.check import check
from workbench.errors import WorkbenchError
from workbench.load import load
from workbench.snapshot import open_snapshot
from workbench.sources.salesforce import opened

CASES = Path(__file__).parent / "sources/salesforce"
WHOLE = CASES / "whole/in"
SECRETS = (SESSION, "hunter2", "TOKEN-secret")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def environment(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    monkeypatch.setenv("WORKBENCH_SALESFORCE_PASSWORD", "hunter2-secret")
    monkeypatch.setenv("WORKBENCH_SALESFORCE_TOKEN", "TOKEN-secret")
    for name in ("SESSION", "USERNAME"):
        monkeypatch.delenv(f"WORKBENCH_SALESFORCE_{name}", raising=False)


@pytest.fixture
def organisation() -> Organisation:
    return Organisation(from_exports(WHOLE))


@pytest.fixture
def host(organisation: Organisation, pem: Path) -> Iterator[str]:
    with serving(organisation, pem) as address:
        yield address


def rows(snapshot: Path, table: str) -> list[dict[str, Any]]:
    found = pq.read_table(snapshot / f"{table}.parquet").to_pylist()
    return [{key: value for key, value in row.items() if not key.startswith("_")} for row in found]


def test_the_api_gives_what_data_loader_exports(host: str, tmp_path: Path) -> None:
    by_file = load([WHOLE], "salesforce", tmp_path / "file")
    by_api = load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "api")
    assert [(entry.table, entry.read, entry.accepted) for entry in by_api.tables] == [
        (entry.table, entry.read, entry.accepted) for entry in by_file.tables
    ]
    for entry in by_file.tables:
        assert rows(tmp_path / "api", entry.table) == rows(tmp_path / "file", entry.table), entry.table
    assert {note.title for note in by_api.notes} == {note.title for note in by_file.notes}


def test_every_object_is_counted_and_asked_for_fields_it_has(
    host: str, organisation: Organisation, tmp_path: Path
) -> None:
    loaded = load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "s")
    counted = {tie.subject: (tie.stated, tie.holds) for tie in loaded.ties if tie.what == "SELECT COUNT()"}
    assert counted == {name: (str(len(found)), True) for name, found in organisation.objects.items()}
    assert "SELECT COUNT() FROM SBQQ__Subscription__c" in organisation.seen
    assert any(query.startswith("SELECT ID, ISDELETED, CASENUMBER,") for query in organisation.seen)
    assert check(open_snapshot(tmp_path / "s")).holds
    sources = json.loads((tmp_path / "s/sources.json").read_text(encoding="utf-8"))
    assert sources["files"][0]["database"] == f"salesforce://me@corp.example@{host}"
    assert sources["files"][0]["query"].endswith("FROM Account ORDER BY Id")


def test_an_invoice_that_a_case_looks_up_is_known_by_its_name(
    host: str, organisation: Organisation, tmp_path: Path
) -> None:
    for number, record in enumerate(organisation.objects["Case"]):
        del record["INVOICE_NUMBER__C"]
        record["Invoice__c"] = None if number else "a0I2x0000000001AAA"
        record["Invoice__r"] = None if number else {"attributes": {"type": "Invoice__c"}, "Name": "INV-0001"}
    organisation.references["Invoice__c"] = "Invoice__c"
    load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "s")
    assert [row["invoice_id"] for row in rows(tmp_path / "s", "cases")] == ["INV-0001", None, None, None]


def test_records_that_come_or_go_meanwhile_are_told(host: str, organisation: Organisation, tmp_path: Path) -> None:
    class Growing(list[dict[str, Any]]):
        def __len__(self) -> int:
            return super().__len__() + (organisation.seen[-1] == "SELECT COUNT() FROM Case")

    organisation.objects["Case"] = Growing(organisation.objects["Case"])
    loaded = load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "s")
    assert [(tie.subject, tie.stated, tie.found) for tie in loaded.ties if not tie.holds] == [("Case", "5", "4")]


@pytest.mark.parametrize("after", [0, 2, 20])
@pytest.mark.parametrize(
    ("fails", "words", "fix"),
    [
        ("expired", "INVALID_SESSION_ID Session expired or invalid", "WORKBENCH_SALESFORCE_SESSION"),
        ("limit", "REQUEST_LIMIT_EXCEEDED TotalRequests Limit exceeded", "wait until requests are free again"),
        ("cut", "the connection was lost", "network"),
        ("html", "its answer broke off", "network"),
        ("shape", "none of Salesforce's API", "network"),
        ("down", "HTTP 503|Service Unavailable", "rights"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_leaves_nothing(
    host: str, organisation: Organisation, tmp_path: Path, fails: str, after: int, words: str, fix: str
) -> None:
    organisation.fails, organisation.after = fails, after
    with pytest.raises(WorkbenchError, match=words) as raised:
        load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "s")
    assert raised.value.fix.find(fix) >= 0, raised.value.fix
    assert not any(secret in str(raised.value) for secret in SECRETS)
    assert "\n" not in raised.value.problem
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_goes_away_says_so(organisation: Organisation, pem: Path, tmp_path: Path) -> None:
    with (
        serving(organisation, pem) as address,
        opened(f"salesforce://me@corp.example@{address}") as found,
    ):
        assert "ID" in found.columns("account")
    with pytest.raises(WorkbenchError, match="cannot be opened: the connection was lost"):
        load([f"salesforce://me@corp.example@{address}"], "salesforce", tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "set_to", "words"),
    [
        ("salesforce://me@corp.example@{}", {"PASSWORD": "hunter2-wrong"}, "INVALID_LOGIN"),
        ("salesforce://{}", {}, "There is no login"),
        ("salesforce://me@corp.example@{}", {"PASSWORD": ""}, "There is no login"),
        ("salesforce://{}", {"SESSION": "old-secret"}, "INVALID_SESSION_ID"),
        ("salesforce://me:hunter2@{}", {}, "names no host, or a password"),
        ("salesforce://", {}, "names no host"),
    ],
)
def test_a_login_that_fails_shows_no_secret(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, set_to: dict[str, str], words: str
) -> None:
    for name, value in set_to.items():
        monkeypatch.setenv(f"WORKBENCH_SALESFORCE_{name}", value)
    with pytest.raises(WorkbenchError, match=words) as raised:
        load([address.format(host)], "salesforce", tmp_path / "s")
    assert not any(secret in str(raised.value) for secret in (*SECRETS, "old-secret"))
    assert list(tmp_path.iterdir()) == []


def test_a_session_id_logs_in_and_is_never_written(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SALESFORCE_SESSION", SESSION)
    load([f"salesforce://{host}"], "salesforce", tmp_path / "s")
    written = [file.read_bytes() for file in (tmp_path / "s").rglob("*") if file.is_file()]
    assert not [text for text in written for secret in SECRETS if secret.encode() in text]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(WorkbenchError, match="certificate is not trusted"):
        load([f"salesforce://me@corp.example@{host}"], "salesforce", tmp_path / "s")


def test_a_query_of_ones_own_and_fields_of_ones_own(host: str, organisation: Organisation, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    names = "Id, AccountId, Status, CreatedDate, CaseNumber, Type".upper()
    (given / "support_case.sql").write_text(f"SELECT {names} FROM Case WHERE ISDELETED = false;\n", encoding="utf-8")
    said = {"Account": {"segment": "TIER__C"}, "every": {"entity": {"value": "X1"}}}
    (given / "fields.yml").write_text(yaml.safe_dump(said), encoding="utf-8")
    loaded = load([f"salesforce://me@corp.example@{host}", given], "salesforce", tmp_path / "s")
    assert loaded.unrecognised == ()
    assert [row["segment"] for row in rows(tmp_path / "s", "customers")] == ["gold", "silver", None]
    assert "SELECT COUNT() FROM Case WHERE ISDELETED = false" in organisation.seen
    assert {row["status"] for row in rows(tmp_path / "s", "cases")} == {"open", "pending", "closed", "resolved"}


def test_an_invoice_number_of_a_case_is_resolved_where_systems_meet(tmp_path: Path) -> None:
    billing = tmp_path / "billing"
    billing.mkdir()
    (billing / "invoices.csv").write_text(
        "invoice_id,invoice_number,kind,entity_id,customer_id,invoice_date,currency,net_amount,tax_amount,"
        "gross_amount,status\n77,INV-9001,invoice,SG01,C-1001,2025-06-01,SGD,100,9,109,issued\n",
        encoding="utf-8",
    )
    load({"canonical": [billing], "salesforce": [WHOLE]}, out=tmp_path / "s")
    assert [row["invoice_id"] for row in rows(tmp_path / "s", "cases")][:2] == ["77", "INV-9002"]
    assert [row["invoice_id"] for row in rows(tmp_path / "s", "promises")] == ["77"]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_export_that_is_broken_anywhere_loses_no_record(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    for name in ("Account", "Case", "SBQQ__Subscription__c", "Product2"):
        text = (WHOLE / f"{name}.csv").read_bytes()
        head = text.index(b"\n") + 1
        place = data.draw(st.integers(head, len(text)))
        end = data.draw(st.integers(place, min(len(text), place + 40)))
        put = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from([b'"', b"\n", b'","', b"\0", b"\xff"])))
        (folder / f"{name}.csv").write_bytes(text[:place] + put + text[end:])
    problem = ""
    try:
        loaded = load([folder], "salesforce", folder / "s")
        counted = [(entry.read, entry.accepted + entry.rejected) for entry in (*loaded.exports, *loaded.tables)]
    except WorkbenchError as error:
        problem, counted = str(error), []
    assert "please report" not in problem and "cannot run" not in problem, problem
    assert all(read == told for read, told in counted)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.binary(max_size=60), st.sampled_from([b"a: &a [*a]", b"Case: {invoice: [1]}", b"{" * 5000])))
def test_a_hostile_list_of_fields_is_one_sentence(tmp_path: Path, text: bytes) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    (folder / "Account.csv").write_bytes((WHOLE / "Account.csv").read_bytes())
    (folder / "fields.yml").write_bytes(text)
    try:
        load([folder], "salesforce", folder / "s")
        refused = False
    except WorkbenchError:
        refused = True
    assert (folder / "s").exists() is not refused
