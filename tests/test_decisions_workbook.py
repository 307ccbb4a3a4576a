"""Decisions in Excel and back: nothing reckons, nothing is lost, nobody is written over."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.test_decisions import AUTHORITY, START, credit, new_store, ran, raw
from workbench.decisions import Decision, Store, make_scope
from workbench.decisions import sheet as layout
from workbench.decisions.entry import Standing
from workbench.decisions.exporting import Outgoing, export_decisions, write_decisions
from workbench.decisions.importing import Imported, import_decisions
from workbench.decisions.returning import read_decisions
from workbench.errors import WorkbenchError
from workbench.findings import Findings, write
from workbench.snapshot import Snapshot

FULL = {"State": "confirmed", "Remedy": "credit", "Root cause": "billing_run", "Owner": "U1", "Due": date(2025, 6, 1)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def exported(store: Store, findings: Findings, folder: Path, name: str = "out.xlsx", **more: Any) -> Path:
    more = {"owners": ["U1", "U2"], **more}
    outgoing = Outgoing("0123456789ab", START, "Ann", store.head(), **more)
    write_decisions(findings.found, store.standings(), outgoing, folder / name)
    return folder / name


def heads(sheet: Any) -> dict[str, int]:
    return {cell.value: cell.column for cell in sheet[1] if cell.value}


def filled(file: Path, cells: dict[int, dict[str, Any]], change: Callable[[Any], None] | None = None) -> Path:
    """The workbook with cells typed in, by row number and head, as a new file beside it."""
    book = openpyxl.load_workbook(file)
    sheet = book[layout.DECISIONS]
    places = heads(sheet)
    for row, values in cells.items():
        for head, value in values.items():
            sheet.cell(row, places[head]).value = value
            if isinstance(value, str):
                sheet.cell(row, places[head]).data_type = "s"
    if change:
        change(sheet)
    target = file.with_name(f"filled-{file.name}")
    book.save(target)
    return target


def finding_in(file: Path, row: int) -> str:
    return str(openpyxl.load_workbook(file)[layout.DECISIONS].cell(row, 1).value)


def told(done: Imported) -> dict[int, tuple[str, str]]:
    return {row.row: (row.outcome, row.words) for row in done.rows if row.outcome != "unchanged"}


def test_an_untouched_workbook_changes_nothing(store: Store, findings: Findings, tmp_path: Path) -> None:
    store.decide(credit(findings.found["finding_id"][0].as_py(), amount=None, currency=None, remark="=1+1"))
    file = exported(store, findings, tmp_path)
    done = import_decisions(store, file, "Bo")
    assert done.holds and done.counts == {
        "applied": 0, "unchanged": findings.found.num_rows, "conflict": 0, "refused": 0,
    }  # fmt: skip
    assert store.head().count == 1


def test_what_was_filled_in_is_applied_and_importing_twice_changes_nothing(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    file = exported(store, findings, tmp_path)
    back = filled(file, {2: FULL, 3: {"State": "accepted", "Remark": "=HYPERLINK(\"x\")\nsmall"},
                         4: {**FULL, "Amount": 50, "Remedy": "write off"}, 5: {**FULL, "Amount": 0}})  # fmt: skip
    done = import_decisions(store, back, "Bo")
    assert done.holds and done.counts["applied"] == 4 and done.waiting == 2
    first = store.standing(finding_in(file, 2))
    assert (first.remedy, first.by, first.approval, first.due_on) == ("credit", "Bo", "waiting", date(2025, 6, 1))
    assert first.amount == abs(Decimal(str(findings_amount(file, 2))))
    assert store.standing(finding_in(file, 3)).remark == '=HYPERLINK("x")\nsmall'
    assert store.standing(finding_in(file, 5)).amount is None
    before = store.entries()
    again = import_decisions(store, back, "Bo")
    assert again.holds and again.counts["applied"] == 0 and store.entries() == before
    # Somebody goes on from there; the old file is still no conflict, since it was imported.
    store.decide(Decision(finding_in(file, 3), "open", "Cy", after=2, remark="look again"))
    assert import_decisions(store, back, "Bo").holds and store.standing(finding_in(file, 3)).by == "Cy"


def findings_amount(file: Path, row: int) -> Any:
    sheet = openpyxl.load_workbook(file)[layout.DECISIONS]
    return sheet.cell(row, heads(sheet)["Impact"]).value


def test_what_somebody_decided_in_the_meantime_is_a_conflict_of_its_row_and_the_rest_is_applied(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    file = exported(store, findings, tmp_path)
    store.decide(Decision(finding_in(file, 2), "accepted", "Cy", remark="mine"))
    store.decide(Decision(finding_in(file, 4), "accepted", "Cy", remark="mine too"))
    done = import_decisions(store, filled(file, {2: FULL, 3: FULL}), "Bo")
    assert done.counts["applied"] == 1 and done.counts["conflict"] == 1 and not done.holds
    outcome, words = told(done)[2]
    assert outcome == "conflict" and "decided by Cy on 2025-04-02" in words and "accepted (entry 1)" in words
    assert store.standing(finding_in(file, 2)).by == "Cy"
    assert json.loads(done.as_json())["rows"][0]["row"] == 2 and "row 2: conflict" in done.as_text()


def test_two_who_decide_the_same_are_no_conflict(store: Store, findings: Findings, tmp_path: Path) -> None:
    file = exported(store, findings, tmp_path)
    back = filled(file, {3: {"State": "accepted", "Remark": "small"}})
    store.decide(Decision(finding_in(file, 3), "accepted", "Cy", remark="small"))
    done = import_decisions(store, back, "Bo")
    assert done.holds and store.head().count == 1


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"State": "wrong"}, "There is no state 'wrong'"),
        ({**FULL, "Remedy": "refund"}, "There is no remedy 'refund'"),
        ({**FULL, "Root cause": "weather"}, "There is no root cause 'weather'"),
        ({**FULL, "Owner": "U9"}, "There is no owner 'U9'; did you mean U"),
        ({**FULL, "Due": "soon"}, "the due date 'soon' is no date"),
        ({**FULL, "Due": None}, "there is no due date"),
        ({**FULL, "Amount": "a lot"}, "the amount 'a lot' is no number"),
        ({**FULL, "Amount": "1,000.00"}, "is no number"),
        ({**FULL, "Amount": -5}, "amount is -5"),
        ({**FULL, "Amount": 5.0001}, "more than the"),
        ({"Amount": 5}, "A finding that is open has no amount"),
        ({"State": "explained"}, "Nothing says why the finding is explained"),
        ({"Approval": "approve"}, "Nothing waited for approval"),
        ({"Approval": "yes"}, "There is no approval 'yes'"),
        ({"Finding": "0000000000000000"}, "did not go out in this file"),
        ({"Finding": None}, "names no finding"),
        ({"Finding again": "x"}, "it was not sorted as a whole"),
        ({"Control": "ACC-03"}, "it was not sorted as a whole"),
        ({"Subject": "other"}, "it was not sorted as a whole"),
        ({"Currency": "USD"}, "the currency is not that of finding"),
        ({"Impact": 123456}, "the impact is not that of finding"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_is_refused_in_words_and_the_others_are_applied(
    store: Store, findings: Findings, tmp_path: Path, cells: dict[str, Any], words: str
) -> None:
    file = exported(store, findings, tmp_path)
    done = import_decisions(store, filled(file, {2: cells, 3: FULL}), "Bo")
    assert done.counts["applied"] == 1 and done.counts["refused"] == 1
    assert told(done)[2][0] == "refused" and words in told(done)[2][1]
    assert store.standing(finding_in(file, 2)).number == 0


def test_ids_that_were_sorted_away_from_their_rows_are_refused_and_whole_rows_may_be_sorted(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    file = exported(store, findings, tmp_path)
    last = findings.found.num_rows + 1

    def sort(columns: slice) -> Callable[[Any], None]:
        def change(sheet: Any) -> None:
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=last)]
            for place, row in enumerate(rows, 2):
                for column, value in list(enumerate(row))[columns]:
                    moved = sheet.cell(last + 2 - place, column + 1)
                    moved.value = value
                    moved.data_type = "s" if isinstance(value, str) else moved.data_type

        return change

    whole = import_decisions(store, filled(file, {3: FULL}, sort(slice(None))), "Bo")
    assert whole.holds and whole.counts["applied"] == 1
    for columns in (slice(0, 1), slice(1, None), slice(0, 15), slice(15, None)):
        away = import_decisions(store, filled(file, {4: FULL}, sort(columns)), "Bo")
        # The row in the middle of an odd number stays where it was.
        assert away.counts["refused"] >= last - 2 and away.counts["applied"] == 0


def test_a_finding_that_is_there_twice_is_refused_in_both_rows(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    def copy(sheet: Any) -> None:
        for column in range(1, sheet.max_column + 1):
            sheet.cell(40, column).value = sheet.cell(2, column).value

    done = import_decisions(store, filled(exported(store, findings, tmp_path), {2: FULL}, copy), "Bo")
    assert {row for row, (outcome, _) in told(done).items() if outcome == "refused"} == {2, 40}
    assert store.head().count == 0


def test_rows_may_be_left_out_and_columns_added(store: Store, findings: Findings, tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet.delete_rows(4, 3)
        sheet.insert_cols(3)
        sheet.cell(1, 3).value = "My notes"

    done = import_decisions(store, filled(exported(store, findings, tmp_path), {2: FULL}, change), "Bo")
    assert done.holds and len(done.rows) == findings.found.num_rows - 3 and done.counts["applied"] == 1


def test_amounts_are_approved_in_the_workbook_by_somebody_else_within_the_limit(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    sgd = [row["finding_id"] for row in findings.found.to_pylist() if row["currency"] == "SGD"]
    store.decide(credit(sgd[0], amount=Decimal(900)))
    store.decide(credit(sgd[1], amount=Decimal(1001)))
    file = exported(store, findings, tmp_path)
    rows = {finding_in(file, row): row for row in range(2, findings.found.num_rows + 2)}
    back = filled(file, {rows[sgd[0]]: {"Approval": "approve"}, rows[sgd[1]]: {"Approval": "approve"}})
    assert "Nobody can tell who may approve" in told(import_decisions(store, back, "U2"))[rows[sgd[0]]][1]
    assert "U1 proposed" in told(import_decisions(store, back, "U1", AUTHORITY))[rows[sgd[0]]][1]
    done = import_decisions(store, back, "U2", AUTHORITY)
    assert told(done)[rows[sgd[0]]] == ("applied", "confirmed, credit 900.00 SGD (approved)")
    assert "may approve a credit_memo of 1,000.00 SGD" in told(done)[rows[sgd[1]]][1]
    assert store.standing(sgd[0]).approved_by == "U2"
    again = import_decisions(store, back, "U2", AUTHORITY)
    assert again.counts["applied"] == 0 and rows[sgd[0]] not in told(again)
    both = filled(file, {rows[sgd[1]]: {"Approval": "approve", "Amount": 10}})
    assert "changed and approved at once" in told(import_decisions(store, both, "U2", AUTHORITY))[rows[sgd[1]]][1]


def test_a_file_for_somebody_else_or_of_another_store_is_one_sentence(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    file = exported(store, findings, tmp_path, addressee="U1")
    with pytest.raises(WorkbenchError, match="was made for U1, and U2 brings it back"):
        import_decisions(store, file, "U2")
    assert import_decisions(store, file, "u1").holds
    other = new_store(tmp_path / "other")
    with pytest.raises(WorkbenchError, match="exported from another decision store"):
        import_decisions(other, file, "U1")


def test_a_store_whose_tail_was_cut_since_the_export_takes_nothing(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    for number in range(3):
        store.decide(Decision(f"F{number}", "accepted", "Ann", remark="small"))
    file = exported(store, findings, tmp_path)
    raw(store, "delete from decision_entry where number = 3")
    with pytest.raises(WorkbenchError, match=r"is not the one that 'filled-out.xlsx' was exported from"):
        import_decisions(store, filled(file, {2: FULL}), "Bo")
    assert store.head().count == 2


def test_a_touched_record_and_a_file_that_is_no_export_are_one_sentence(
    store: Store, findings: Findings, tmp_path: Path
) -> None:
    file = exported(store, findings, tmp_path)
    book = openpyxl.load_workbook(file)
    book[layout.RECORD]["E2"].value = "7"
    book.save(tmp_path / "touched.xlsx")
    with pytest.raises(WorkbenchError, match=r"hidden record of 'touched.xlsx' was touched"):
        import_decisions(store, tmp_path / "touched.xlsx", "Bo")
    book = openpyxl.load_workbook(file)
    book[layout.DECISIONS]["A1"].value = "Number"
    book.save(tmp_path / "heads.xlsx")
    with pytest.raises(WorkbenchError, match="has no column Finding in its first row"):
        import_decisions(store, tmp_path / "heads.xlsx", "Bo")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("State\n", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "zip.xlsx", "w") as packed:
        packed.writestr("a", "b")
    for name, words in (("other", "no sheet Record"), ("text", "no Excel workbook"), ("zip", "no Excel workbook"),
                        ("missing", "cannot be read")):  # fmt: skip
        with pytest.raises(WorkbenchError, match=words):
            import_decisions(store, tmp_path / f"{name}.xlsx", "Bo")
    (tmp_path / "half.xlsx").write_bytes(file.read_bytes()[:5000])
    with pytest.raises(WorkbenchError, match="no Excel workbook"):
        import_decisions(store, tmp_path / "half.xlsx", "Bo")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    remark=st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
    | st.sampled_from(["_x0041_", "=1", "+1", "-1", "@x", "'x", "a\nb", "a\tb", "1e5", "TRUE", "01.02.2025", "<b>&"]),
    owner=st.text("0123456789Ux -=", min_size=1, max_size=8).filter(str.strip),
    amount=st.none() | st.decimals("0.01", "9999999999.99", places=2),
)
def test_any_decision_goes_out_and_comes_back_unchanged(
    store: Store, findings: Findings, tmp_path: Path, remark: str, owner: str, amount: Decimal | None
) -> None:
    row = next(row for row in findings.found.to_pylist() if row["currency"] == "SGD")
    after = store.standing(row["finding_id"]).number
    try:
        store.decide(credit(row["finding_id"], after=after, remark=remark, owner=owner, amount=amount))
    except WorkbenchError:
        return
    file = tmp_path / f"{store.head().count}.xlsx"
    table = pa.Table.from_pylist([row], findings.table.schema)
    write_decisions(table, store.standings(), Outgoing("x", START, "Ann", store.head()), file)
    (back,) = read_decisions(file).rows
    standing: Standing = store.standing(row["finding_id"])
    wanted = layout.edited_of(standing)
    assert not back.problem
    assert {**back.fields, "amount": ""} == {**wanted, "amount": ""}
    assert Decimal(back.fields["amount"] or 0) == Decimal(wanted["amount"] or 0)
    assert not told(import_decisions(store, file, "Bo"))


def test_an_export_takes_a_snapshot_a_file_or_a_pack_and_leaves_out_what_is_explained(
    store: Store, small_company: Snapshot, findings: Findings, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    write(findings.table, pack / "findings.parquet")
    write(findings.table, tmp_path / "findings.csv")
    sources = (small_company.folder, pack, pack / "findings.parquet", tmp_path / "findings.csv")
    sizes = [
        export_decisions(store, source, tmp_path / f"{place}.xlsx", export_id="x", made_by="Ann").findings
        for place, source in enumerate(sources)
    ]
    assert sizes == [findings.found.num_rows] * 4
    subjects = [
        [row[4].value for row in openpyxl.load_workbook(tmp_path / f"{place}.xlsx")[layout.DECISIONS].iter_rows()]
        for place in range(4)
    ]
    assert subjects[0] == subjects[1] == subjects[2] == subjects[3]
    store.explain(make_scope("ACC-01", product_id="P1"), date(2026, 1, 1), "Bo", "agreed")
    left = export_decisions(store, small_company.folder, tmp_path / "left.xlsx", export_id="x", made_by="Ann")
    assert left.findings == findings.found.num_rows - 7
    only = export_decisions(store, pack, tmp_path / "only.xlsx", export_id="x", made_by="Ann", ids=("val-01",))
    assert only.findings == 2
    for source, words in ((tmp_path / "nothing", "There is no"), (tmp_path / "0.xlsx", "holds no findings")):
        with pytest.raises(WorkbenchError, match=words):
            export_decisions(store, source, tmp_path / "no.xlsx", export_id="x", made_by="Ann")


def test_the_round_trip_on_the_command_line(
    tmp_path: Path, findings: Findings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("WORKBENCH_SNAPSHOT", raising=False)
    write(findings.table, tmp_path / "findings.parquet")
    out = tmp_path / "decisions.xlsx"
    code, printed, _ = ran("decisions", "export", tmp_path / "findings.parquet", "--out", out, "--json")
    assert code == 0 and json.loads(printed)["findings"] == findings.found.num_rows
    back = filled(out, {2: FULL, 3: {"State": "wrong"}})
    code, printed, said = ran("decisions", "import", back, "--by", "Bo")
    assert code == 1 and "row 3: refused" in printed and "1 applied" in printed and "1 of" in said
    code, printed, _ = ran("decisions", "import", filled(out, {2: FULL}), "--by", "Bo", "--json")
    assert code == 0 and json.loads(printed)["applied"] == 0
    assert ran("decisions", "verify", "--against", out)[0] == 0


def test_an_empty_list_of_findings_is_a_workbook_too(store: Store, findings: Findings, tmp_path: Path) -> None:
    none = replace(findings, table=findings.table.slice(0, 0))
    file = exported(store, none, tmp_path)
    assert import_decisions(store, file, "Bo").rows == ()
    made = openpyxl.load_workbook(file).properties.created
    assert isinstance(made, datetime) and made.year == 2025
