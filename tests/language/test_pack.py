"""A pack speaks: its pages say nothing past the catalogues, its evidence is the same in every language."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.decided_company import given
from tests.language.pseudo import Pseudo, known_words, unsaid, words_of
from tests.pack_company import NAMES, PERIOD, PLAIN, make_snapshot
from workbench.language import speaking
from workbench.pack.deciding import decisions_document
from workbench.pack.earlier import Replaced
from workbench.pack.given import Given
from workbench.pack.identities import said_name
from workbench.pack.overview import Row, overview_page
from workbench.pack.scope import EVERY, read_period
from workbench.pack.summary import summary_page
from workbench.pack.work import Audit
from workbench.pack.workbook import write_workbook
from workbench.pack.workpaper import Workpaper, funnel_json
from workbench.snapshot import Snapshot, canonical_json, open_snapshot

CODE = re.compile(r"<code[^>]*>[^<]*</code>|</?b\b[^>]*>")
HASH = re.compile(r"[0-9a-f]{16,64}")
# Names of files, of columns and of what the small company's log and decisions say.
OWN = words_of(
    [
        "SHA-256 UTC SCR zip .csv .json .sql .xlsx .parquet .html sample paper rejects controls canonical entities",
        "decisions",
        "a reason, a torn form, held until April",
        *NAMES.values(),
    ]
)
LATER = Replaced("SG01-2025-03", "a" * 64, "b" * 64, "a reason")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("spoken") / "snapshot")


@pytest.fixture(scope="module")
def decided(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    rests_on = given(snapshot, tmp_path_factory.mktemp("given"))
    whole = Given(decided=rests_on.decided, papers=rests_on.papers, replaces=LATER)
    return Audit(snapshot, read_period(PERIOD), PLAIN, given=whole)


@pytest.fixture(scope="module")
def broken(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """Identities of every kind fail: the log was changed, and tells sums, days and what a sheet states."""
    folder = tmp_path_factory.mktemp("broken") / "snapshot"
    shutil.copytree(snapshot.folder, folder)
    log = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    log["tables"]["invoices"] |= {
        "accepted": 12,
        "sums": {"net_amount": {"SGD": "12.50"}},
        "dates": {"invoice_date": ["2025-01-01", "2025-02-01"]},
    }
    log["ties"] = [
        {"title": "totals of the sheet", "subject": "invoices", "what": "", "stated": "5", "found": "6", "holds": False}
    ]
    (folder / "sources.json").write_text(canonical_json(log), encoding="utf-8")
    return Audit(open_snapshot(folder), read_period(PERIOD), EVERY, given=Given())


def left_in_english(page: str, audit: Audit) -> list[str]:
    """What stands on a page past the catalogues; codes and amounts in the middle of a sentence are taken out first."""
    known = known_words(audit.snapshot, audit.findings.table) | OWN
    return unsaid(HASH.sub("", CODE.sub("", page)), known)


@pytest.mark.parametrize("kind", ["decided", "broken"])
def test_every_text_of_the_summary_is_said(kind: str, request: pytest.FixtureRequest) -> None:
    audit: Audit = request.getfixturevalue(kind)
    with speaking("ja", Pseudo()):
        assert left_in_english(summary_page(audit), audit) == []
        paper = Workpaper(audit)
        pages = (paper.scope(), paper.run(), paper.conclusion(), paper.money(), paper.since(), paper.save())
        assert left_in_english("".join(page.html for page in pages), audit) == []


def test_every_text_of_the_overview_is_said(decided: Audit) -> None:
    money = (("SGD", "over_billed", 2, Decimal("12.50")), ("", "at_risk", 1, Decimal(0)))
    rows = [
        Row("a", NAMES[PLAIN], "2025-03", "made", money=money, held=3, identities=5, open=1, not_run=2, zipped=True),
        Row("b", NAMES[PLAIN], "2025-03", "kept", held=1, failed=("Rows read = accepted + rejected",), identities=2),
        Row("c", NAMES[PLAIN], "2025-03", "failed", cell="cell 7", source="1 / 0", error="12"),
        Row("d", NAMES[PLAIN], "2025-02", "failed", cell="its kernel"),
        Row("e", NAMES[PLAIN], "", "running", stage="The controls run"),
        Row("f", NAMES[PLAIN], "2025-02", "waiting", stage="Writing the pack"),
        Row("g", NAMES[PLAIN], "2025-02", "interrupted"),
    ]
    with speaking("ja", Pseudo()):
        assert left_in_english(overview_page(rows), decided) == []
        assert left_in_english(overview_page([]), decided) == []
    with speaking("zh_CN"):
        page = overview_page(rows)
    # A heading of the notebook is said as the notebook says it.
    assert "单元格7" in page and "The controls run" not in page


SPOKEN = {
    "zh_CN": """<html lang="zh-CN">
在2025年3月有3项发现，由2项控制检出。
17项中16项成立
待办事项：1项逾期
开具贷项 100.00 SGD
读取行数 = 接受 + 拒收""",
    "ja": """<html lang="ja">
の2025年3月では、統制2件から検出事項3件が出た。
17件中16件が成立
未了事項：期限超過1件
貸方票で減額 100.00 SGD
読込行数 = 受理 + 不受理""",
}


@pytest.mark.parametrize("name", SPOKEN)
def test_the_summary_is_written_in_the_language(decided: Audit, name: str) -> None:
    with speaking(name):
        page = summary_page(decided)
    assert [text for text in SPOKEN[name].splitlines() if text not in page] == []


def test_evidence_is_the_same_and_the_parameters_say_the_language(decided: Audit) -> None:
    with speaking("ja"):
        spoken = Audit(decided.snapshot, decided.period, decided.entity, given=decided.given)
        assert canonical_json(funnel_json(spoken)) == canonical_json(funnel_json(decided))
        assert canonical_json(decisions_document(spoken)) == canonical_json(decisions_document(decided))
    assert spoken.fixed == {**decided.fixed, "language": "ja"} and spoken.language == "ja"
    assert spoken.pack_id != decided.pack_id and decided.fixed["language"] == "en"


def test_identities_are_kept_in_english_and_said_again(decided: Audit, broken: Audit) -> None:
    for audit in (decided, broken):
        with speaking("ja", Pseudo()):
            assert all(said_name(one.name).startswith("⟦") for one in audit.kept_identities)
            assert [one.name for one in audit.identities] == [said_name(one.name) for one in audit.kept_identities]
        assert audit.identities == audit.kept_identities
    with speaking("zh_CN"):
        shown = {one.name: one for one in broken.identities}
        assert shown["invoices：读取行数 = 接受 + 拒收"].note == "快照有35行，而不是12行"
    assert said_name("nothing that is known") == "nothing that is known"


def test_keys_that_formulas_look_for_stay_beside_their_words(decided: Audit, tmp_path: Path) -> None:
    with speaking("ja"):
        write_workbook(decided, tmp_path / "findings.xlsx")
    sheet = load_workbook(tmp_path / "findings.xlsx")["Summary"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert ["confirmed", "確認済み", "請求が誤っており、是正を要する"] in [row[:3] for row in rows]
    assert any("COUNTIFS(Findings[Decision],$A" in str(row[3]) for row in rows if row[0] == "confirmed")
