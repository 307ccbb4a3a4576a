"""A pack runs again on its snapshot by its own texts: what differs is named, and nothing else is reached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.decided_company import decided
from tests.pack_company import make_snapshot
from tests.quick_pack import audit_of, changed, forge, quick_pack
from workbench.errors import WorkbenchError
from workbench.findings import COLUMNS
from workbench.pack.given import Given
from workbench.pack.rerun import rerun
from workbench.pack.rerun.engine import SealedEngine
from workbench.snapshot import Snapshot, sha256


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("rerun") / "snapshot")


@pytest.fixture(scope="module")
def pack(snapshot: Snapshot) -> Path:
    return quick_pack(audit_of(snapshot), snapshot.folder.parent / "out" / "SG01-2025-03")


@pytest.fixture
def copied(pack: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pack, tmp_path / "SG01-2025-03"))


def rows(change: Callable[[list[dict[str, object]]], None]) -> Callable[[Path], None]:
    """A change of findings.parquet, row by row."""

    def rewrite(file: Path) -> None:
        found = pq.read_table(file).to_pylist()
        change(found)
        pq.write_table(pa.Table.from_pylist(found, schema=COLUMNS), file)

    return rewrite


def text(control: str, change: Callable[[str], str]) -> dict[str, Callable[[Path], None]]:
    """A change of a control's text, with its new fingerprint among the parameters."""

    def rewrite(file: Path) -> None:
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8", newline="")

    def fix(file: Path) -> None:
        fixed = json.loads(file.read_text(encoding="utf-8"))
        fixed["controls"][control]["fingerprint"] = sha256(file.parent / "controls" / f"{control}.sql")
        file.write_text(json.dumps(fixed), encoding="utf-8")

    return {f"controls/{control}.sql": rewrite, "parameters.json": fix}


def test_a_pack_runs_again_and_holds(pack: Path, snapshot: Snapshot) -> None:
    result = rerun(pack)
    assert result.holds, result.as_text()
    assert result.snapshot == str(snapshot.folder)
    told = pq.read_table(pack / "findings.parquet")
    assert (result.candidates, result.findings) == (told.num_rows, told["suppressed_by"].null_count)
    assert json.loads(result.as_json())["holds"] is True


@pytest.mark.prove
def test_a_zip_runs_again_too(pack: Path, snapshot: Snapshot) -> None:
    assert rerun(pack.with_name(f"{pack.name}.zip"), snapshot.folder).holds


def test_every_forged_value_is_named_though_the_pack_verifies(copied: Path) -> None:
    def change(found: list[dict[str, object]]) -> None:
        by_subject = {row["subject_id"]: row for row in found}
        by_subject["A-14"]["billed_amount"] = Decimal("1400.0100")
        by_subject["A-15"]["suppressed_by"] = "small"
        found.remove(by_subject["A-R1"])

    def figures(file: Path) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))
        told["controls"]["ACC-01"]["money"][0]["amount"] = "1"
        told["controls"]["VAL-01"]["examined"] = 7
        told["identities"][0]["state"] = "FAILS"
        file.write_text(json.dumps(told), encoding="utf-8")

    result = rerun(forge(copied, {"findings.parquet": rows(change), "funnel.json": figures}))
    said = "\n".join(result.differences)
    assert not result.holds
    for words in (
        "billed_amount is 1400.0100 in the pack and comes out as 1500.0000",
        "suppressed_by is 'small' in the pack and comes out as empty",
        "A-R1): comes out, and is not in the pack",
        "VAL-01: examined is 7 in the pack",
        "comes out as 100.0000",
        "identity 'The snapshot is as it was loaded' FAILS in the pack",
    ):
        assert words in said, said
    assert result.as_text().startswith("RERUN DIFFERS: ")


def test_the_texts_of_the_pack_run_where_those_installed_differ(copied: Path) -> None:
    result = rerun(forge(copied, text("ACC-01", lambda sql: sql.replace("---*/", "---*/\n-- as it was then", 1))))
    assert result.holds, result.as_text()
    assert "The pack's own texts ran; those installed here differ for ACC-01." in result.notes


def test_what_a_decision_explained_stays_explained(snapshot: Snapshot, tmp_path: Path) -> None:
    audit = audit_of(snapshot, given=Given(decided=decided(tmp_path / "store")))
    result = rerun(quick_pack(audit, tmp_path / "SG01-2025-03"))
    assert result.holds, result.as_text()
    assert any("suppressed by decisions" in note for note in result.notes)


def test_a_text_that_parameters_did_not_fix_is_a_difference(copied: Path) -> None:
    only = {"controls/ACC-01.sql": text("ACC-01", lambda sql: f"{sql}\n")["controls/ACC-01.sql"]}
    result = rerun(forge(copied, only))
    assert result.differences == ("control ACC-01: its text in the pack is not the one that parameters.json fixed",)


def test_a_hostile_text_reaches_nothing(copied: Path, tmp_path: Path) -> None:
    secret, target = tmp_path / "secret.txt", tmp_path / "written.csv"
    secret.write_text("the secret", encoding="utf-8")
    texts = {
        "ACC-01": f"select content as subject_id from read_text('{secret}')",
        "COM-05": f"select 1) as candidate; copy (select 1) to '{target}'; select * from (select 1",
    }
    for control, sql in texts.items():
        forge(copied, text(control, lambda old, sql=sql: f"{old[: old.index('---*/')]}---*/\n{sql}"))  # type: ignore[misc]
    result = rerun(copied)
    said = "\n".join(result.differences)
    assert "ACC-01 ran in the pack and does not now: The query failed: Permission Error" in said
    assert "COM-05 ran in the pack and does not now: The text of a control in the pack is not one SELECT" in said
    assert "the secret" not in result.as_text()
    assert not target.exists()


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("views/mine.sql", "/*---\nview: mine\n---*/\nselect 1; drop view invoices"),
        ("views/mine.sql", '/*---\nview: \'a" as select 1; --\'\n---*/\nselect 1'),
        ("functions/duckdb/mine.sql", "copy (select 1) to 'x.csv'"),
        ("functions/duckdb/mine.sql", "create table macro as select 1"),
    ],
)  # fmt: skip
def test_shared_texts_may_only_be_macros_and_views(snapshot: Snapshot, name: str, sql: str) -> None:
    with pytest.raises(WorkbenchError, match="pack"):
        SealedEngine(snapshot.folder, {name: sql})


def test_the_snapshot_has_to_be_the_packs_own(pack: Path, snapshot: Snapshot, tmp_path: Path) -> None:
    other = changed(snapshot, tmp_path / "other", "delete from invoices where invoice_id = 'A-1'")
    with pytest.raises(WorkbenchError, match=r"is snapshot [0-9a-f]{16}, and .* was made from [0-9a-f]{16}"):
        rerun(pack, other.folder)
    with pytest.raises(WorkbenchError, match="There is no snapshot"):
        rerun(pack, tmp_path / "nowhere")
    same = make_snapshot(tmp_path / "same")
    (same.folder / "invoices.parquet").write_bytes((other.folder / "invoices.parquet").read_bytes())
    with pytest.raises(WorkbenchError, match=r"is not as it was loaded: invoices\.parquet"):
        rerun(pack, same.folder)
