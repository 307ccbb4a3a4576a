"""Power: what is planted in a copy is found, a blind control is told, and the user's files stay as they are."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from workbench.controls import Control, controls
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.example import make_company
from workbench.power import measure, measuring
from workbench.power.command import command
from workbench.power.ground import Ground
from workbench.power.recipes import FOLDER, read_recipe, recipes
from workbench.power.results import Measured, Power
from workbench.schema import tables
from workbench.snapshot import open_snapshot

# Controls that are quick to plan: one of lines, one of documents, one whose errors have a size, one in two tables.
QUICK = ("ACC-02", "ACC-08", "AUT-01", "AUT-03")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_company(tmp_path_factory.mktemp("power"), lines=5_000, clean=True, form="parquet").folder


@pytest.fixture
def without(company: Path, tmp_path: Path) -> Callable[..., Path]:
    def copy(*names: str) -> Path:
        shutil.copytree(company, tmp_path / "copy", ignore=shutil.ignore_patterns(*(f"{name}.*" for name in names)))
        return tmp_path / "copy"

    return copy


def by_id(power: Power) -> dict[str, Measured]:
    return {line.control.id: line for line in power.lines}


def blinded(control: Control, condition: str) -> Control:
    return replace(control, sql=f"select * from ({control.sql}) as blind where {condition}", text=condition)


def choosing(monkeypatch: pytest.MonkeyPatch, control: Control) -> None:
    monkeypatch.setattr(measuring, "choose", lambda *_: [control])


def test_planted_errors_are_found_with_their_exact_amounts(company: Path) -> None:
    power = measure(open_snapshot(company), ids=QUICK, errors=9)
    for line in power.lines:
        assert (line.planted, line.exact, line.other, line.false_alarms) == (9, 9, 0, 0), line
        assert (line.recall, line.precision, line.is_full) == (1, 1, True)
        assert sum(kind.planted for kind in line.kinds) == 9
        assert len(line.kinds) > 1


def test_smallest_size_is_said_per_currency_of_sized_recipes_alone(company: Path) -> None:
    lines = by_id(measure(open_snapshot(company), ids=("ACC-02", "ACC-08"), errors=6))
    assert lines["ACC-02"].smallest == {"JPY": Decimal(1), "KWD": Decimal("0.001"), "SGD": Decimal("0.01")}
    assert lines["ACC-08"].smallest == {}


def test_same_seed_plants_the_same_errors_and_another_seed_others(company: Path) -> None:
    def subjects(seed: int) -> set[str]:
        ground = Ground(open_snapshot(company), None)
        try:
            control, recipe = controls()["ACC-08"], recipes()["ACC-08"]
            ground.copy(recipe)
            with ground.planted(recipe, control, ground.look(control), errors=5, size=1, seed=seed) as planted:
                return {error.subject_id for error in planted}
        finally:
            ground.engine.close()

    assert subjects(1) == subjects(1)
    assert subjects(1) != subjects(2)


def test_blind_control_has_no_recall(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choosing(monkeypatch, blinded(controls()["ACC-02"], "1 = 0"))
    (line,) = measure(open_snapshot(company), errors=6).lines
    assert (line.planted, line.exact, line.recall, line.precision) == (6, 0, 0, None)
    assert line.smallest == {"JPY": None, "KWD": None, "SGD": None}


def test_control_blind_to_small_amounts_names_the_smallest_it_sees(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choosing(monkeypatch, blinded(controls()["ACC-02"], "abs(billed_amount - expected_amount) >= 1"))
    (line,) = measure(open_snapshot(company), errors=6).lines
    assert line.recall == 1
    assert line.smallest == {"JPY": Decimal(1), "KWD": Decimal(1), "SGD": Decimal(1)}


def test_wrong_amount_is_found_but_not_exact(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = controls()["ACC-02"]
    wrong = "select * replace (expected_amount + 1 as expected_amount)"
    choosing(monkeypatch, replace(control, sql=f"{wrong} from ({control.sql}) as off", text=wrong))
    (line,) = measure(open_snapshot(company), errors=6).lines
    assert (line.exact, line.other, line.recall, line.is_full) == (0, 6, 1, False)


def test_finding_that_was_not_planted_is_a_false_alarm(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = controls()["ACC-08"]
    more = "select * replace ('not ' || subject_id as subject_id)"
    sql = f"select * from ({control.sql}) as own union all {more} from ({control.sql}) as twin"
    choosing(monkeypatch, replace(control, sql=sql, text=sql))
    (line,) = measure(open_snapshot(company), errors=4).lines
    assert (line.exact, line.false_alarms, line.precision) == (4, 4, Decimal("0.5"))


def test_findings_that_were_there_before_are_neither_planted_nor_false(tmp_path: Path) -> None:
    folder = make_company(tmp_path, lines=5_000, form="parquet").folder
    (line,) = measure(open_snapshot(folder), ids=("ACC-02",), errors=6).lines
    assert (line.planted, line.exact, line.false_alarms) == (6, 6, 0)


def test_users_files_are_not_touched_and_nothing_is_left_behind(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def digests() -> dict[str, str]:
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in company.iterdir()}

    before = digests()
    measure(open_snapshot(company), ids=QUICK, errors=3)
    assert digests() == before
    assert list(tmp_path.iterdir()) == []


def test_control_that_cannot_run_is_not_measured_and_says_what_is_missing(without: Callable[..., Path]) -> None:
    power = measure(open_snapshot(without("users", "receipts")), ids=("AUT-01", "ACC-08"), errors=3)
    assert by_id(power)["AUT-01"].why_not == "missing users"
    assert by_id(power)["ACC-08"].exact == 3
    assert "AUT-01   not measured: missing users" in power.as_text()


def test_data_without_a_place_for_the_error_is_not_measured(without: Callable[..., Path]) -> None:
    (line,) = measure(open_snapshot(without("vouchers")), ids=("ACC-08",), as_of=date(2020, 1, 1)).lines
    assert line.why_not == "nothing in the data to plant its error in"
    assert (line.recall, line.precision) == (None, None)


def test_control_without_a_recipe_and_a_recipe_that_stops_are_named(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(recipes()["ACC-08"], sql="select error('no such thing')")
    monkeypatch.setattr(measuring, "recipes", lambda: {"ACC-08": broken})
    lines = by_id(measure(open_snapshot(company), ids=("ACC-02", "ACC-08"), errors=3))
    assert lines["ACC-02"].why_not == "there is no recipe for its errors"
    assert lines["ACC-08"].why_not.startswith("planting stopped:")
    assert "no such thing" in lines["ACC-08"].why_not


def test_names_and_numbers_that_make_no_sense_say_the_way_out(company: Path) -> None:
    with pytest.raises(UnknownNameError, match="no control 'ACC-99'"):
        measure(open_snapshot(company), ids=("ACC-99",))
    with pytest.raises(WorkbenchError, match="nothing to find"):
        measure(open_snapshot(company), errors=0)


def test_command_prints_a_table_and_json(company: Path) -> None:
    call = [str(company), "--control", "ACC-08", "--errors", "3", "--seed", "2"]
    text = CliRunner().invoke(command, call, catch_exceptions=False)
    assert text.exit_code == 0
    assert "100 %" in text.stdout
    read = json.loads(CliRunner().invoke(command, [*call, "--json"], catch_exceptions=False).stdout)
    assert (read["errors"], read["seed"], read["as_of"]) == (3, 2, "2025-12-31")
    assert [(line["control_id"], line["planted"], line["found_exact"]) for line in read["controls"]] == [
        ("ACC-08", 3, 3)
    ]


def test_text_names_the_kinds_of_error_that_were_missed(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choosing(monkeypatch, blinded(controls()["ACC-08"], "reason not like '%too many'"))
    text = measure(open_snapshot(company), errors=8).as_text()
    assert "due later than agreed: 0 of" in text
    assert "due earlier than agreed" not in text


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.sql")), ids=lambda file: file.stem)
def test_recipe_says_what_it_is_for_and_changes_only_what_it_says(file: Path) -> None:
    recipe = read_recipe(file)
    assert recipe.control == file.stem
    assert {recipe.control, *recipe.also} <= set(controls())
    changed = {
        words[2 if words[0] == "insert" or words[0] == "delete" else 1].strip('"')
        for words in (line.split() for line in recipe.sql.lower().splitlines())
        if words and words[0] in {"insert", "update", "delete"} and len(words) > 1
    }
    assert changed & set(tables()) == set(recipe.touches)


def test_recipe_without_its_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "XXX-01.sql").write_text("/*---\ncontrol: XXX-01\nsized: false\ntouches: []\n---*/\nselect 1")
    with pytest.raises(WorkbenchError, match="does not say its 'plants'"):
        read_recipe(tmp_path / "XXX-01.sql")


def test_errors_are_planted_beside_those_of_an_earlier_planting(tmp_path: Path) -> None:
    planted = make_company(tmp_path / "planted", lines=5_000, form="parquet").folder
    power = measure(open_snapshot(planted), ids=("COM-02", "COM-03", "PRO-02", "PRO-04"), errors=9)
    assert len(power.lines) == 4
    assert all(line.is_full and line.planted for line in power.lines), [line.why_not for line in power.lines]
