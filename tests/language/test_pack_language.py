"""A pack has one language: the one asked for, or that of the pack it follows; packs of before are English."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import nbformat
import pytest
from click.testing import CliRunner

from tests.pack_company import PERIOD, PLAIN, make_snapshot
from tests.quick_pack import forge, quick_pack
from tests.small_pack import make_small
from workbench.errors import WorkbenchError
from workbench.language import language, speaking
from workbench.language.notebooks import translated
from workbench.options import LANGUAGE, spoken_language
from workbench.pack import verify
from workbench.pack.earlier import Replaced, language_of, zip_of
from workbench.pack.making import make_pack
from workbench.pack.rerun import rerun
from workbench.pack.resuming import Place, is_made, place_of
from workbench.pack.scope import read_period
from workbench.pack.work import NOTEBOOK, Audit
from workbench.snapshot import Snapshot, canonical_json, sha256

WHY = "for the auditors"
TEXTS = {".html", ".ipynb", ".txt"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return make_snapshot(tmp_path_factory.mktemp("language") / "snapshot")


def audit_of(snapshot: Snapshot, notebook: str = "") -> Audit:
    return Audit(snapshot, read_period(PERIOD), PLAIN, notebook=notebook)


def short(folder: Path) -> Path:
    """The notebook of a pack with the cells that ask, say the conclusion and save."""
    whole = nbformat.read(NOTEBOOK, as_version=4)
    wanted = ("# The audit pack", "import ", "snapshot:", "audit = ", "## Conclusion", "audit.conclusion", "audit.save")
    whole.cells = [cell for cell in whole.cells if cell.source.startswith(wanted)]
    file = folder / "5_short.ipynb"
    nbformat.write(whole, file)
    return file


def test_a_pack_of_a_language_is_the_same_bytes_when_it_is_made_again(snapshot: Snapshot, tmp_path: Path) -> None:
    notebook = short(tmp_path)
    packs = []
    for place in ("here", "elsewhere"):
        with speaking("ja"):
            packs.append(make_pack(audit_of(snapshot, sha256(notebook)), tmp_path / place / "SG01", notebook))
    one, two = map(verify, packs)
    assert one.holds and two.holds and one.reproducible == two.reproducible
    told = {file.name: file.read_text(encoding="utf-8") for file in packs[0].rglob("*") if file.suffix in TEXTS}
    assert '<html lang="ja">' in told["summary.html"] and "作業" in told["5_short.html"]
    with speaking("ja"):
        prose = [cell["source"] for cell in translated(json.loads(notebook.read_text(encoding="utf-8")))["cells"]]
    cells = json.loads(told["5_short.ipynb"])["cells"]
    assert {cell["source"] for cell in cells if cell["cell_type"] == "markdown"} == {prose[0], prose[4]}
    assert "の2025年3月では、統制" in told["5_short.ipynb"], "the kernel speaks too"
    first, _, english = told["README.txt"].partition("\n\n")
    assert "請求監査パック" in first and english.startswith("This folder is a billing audit pack")
    assert language() == "en"


def test_work_in_another_language_is_other_work(snapshot: Snapshot, tmp_path: Path) -> None:
    with speaking("zh_CN"):
        target = make_small(audit_of(snapshot), tmp_path / "SG01")
        assert is_made(audit_of(snapshot), target)
    with pytest.raises(WorkbenchError, match="decisions, language or code differ"):
        is_made(audit_of(snapshot), target)


def test_a_second_version_speaks_what_the_first_speaks(snapshot: Snapshot, tmp_path: Path) -> None:
    with speaking("ja"):
        make_small(audit_of(snapshot), tmp_path / "SG01")

    def follow(asked: str = "") -> Place:
        def made(replaced: Replaced | None) -> Audit:
            assert replaced is None or replaced.name == "SG01"
            return audit_of(snapshot)

        return place_of(tmp_path, "SG01", made, WHY, asked)

    assert (follow().audit.language, follow("zh_CN").audit.language, language()) == ("ja", "zh_CN", "en")
    assert language_of(tmp_path, "SG01") == "ja"
    assert zip_of(tmp_path / "SG01").is_file()


def test_a_pack_that_names_no_language_is_english_and_still_verifies(snapshot: Snapshot, tmp_path: Path) -> None:
    def forget(file: Path) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))
        assert told.pop("language") == "ja"
        file.write_text(canonical_json(told), encoding="utf-8")

    with speaking("ja"):
        pack = quick_pack(audit_of(snapshot), tmp_path / "SG01")
    assert language_of(tmp_path, "SG01") == "ja" and rerun(pack).holds
    forge(pack, {"parameters.json": forget})
    assert verify(pack).holds and language_of(tmp_path, "SG01") == "en"
    with speaking("zh_CN"):
        again = rerun(pack)
    assert again.holds and again.values > 0, again.as_text()


@click.command("speak")
@LANGUAGE
def speak() -> None:
    """Say what is spoken."""
    click.echo(f"{language()} {os.environ.get('WORKBENCH_LANGUAGE')} {spoken_language()}")


@pytest.mark.parametrize(("arguments", "said"), [([], "ja ja \n"), (["--language", "zh-Hans"], "zh_CN zh_CN zh_CN\n")])
def test_an_option_says_the_language_for_all_that_the_command_starts(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "ja")
    assert CliRunner().invoke(speak, arguments).output == said


def test_a_language_that_nobody_speaks_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    result = CliRunner().invoke(speak, ["--language", "fr"])
    assert result.exit_code == 2 and "There is no language 'fr'" in result.output
    assert os.environ["WORKBENCH_LANGUAGE"] == "en"
