"""Notebooks in another language: their prose is said in it, their code is what it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.lab import writable_notebooks
from workbench.language import speaking
from workbench.language.notebooks import prose, translated
from workbench.settings import NOTEBOOKS

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))


def cells(file: Path, kind: str) -> list[str]:
    """The sources of a notebook's cells of one kind."""
    return ["".join(cell["source"]) for cell in json.loads(file.read_bytes())["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize(("language", "heading"), [("zh_CN", "# 3 运行控制"), ("ja", "# 3 統制の実行")])
def test_a_lab_opens_notebooks_that_speak(tmp_path: Path, language: str, heading: str) -> None:
    with speaking(language):
        folder = writable_notebooks(tmp_path)
    assert folder == tmp_path / f"notebooks-{language}"
    assert sorted(file.name for file in folder.iterdir()) == [file.name for file in FILES]
    assert cells(folder / "3_run_controls.ipynb", "markdown")[0].startswith(heading)
    for file in FILES:
        assert cells(folder / file.name, "code") == cells(file, "code")
        assert not set(cells(folder / file.name, "markdown")) & set(cells(file, "markdown"))


def test_what_somebody_changed_is_kept(tmp_path: Path) -> None:
    with speaking("ja"):
        mine = writable_notebooks(tmp_path) / "4_investigate.ipynb"
        mine.write_text("{}", encoding="utf-8")
        writable_notebooks(tmp_path)
    assert mine.read_text(encoding="utf-8") == "{}"


def test_english_gives_the_same_notebook_and_code_is_never_said() -> None:
    notebook: dict[str, Any] = {"cells": [{"cell_type": "markdown", "source": ["## Load\n", "\n", "    say()"]}]}
    assert translated(notebook) is notebook
    with speaking("ja"):
        assert translated(notebook)["cells"][0]["source"] == "## 取込み\n\n    say()"
        assert prose("## Not one of ours") == "## Not one of ours"
    assert notebook["cells"][0]["source"] == ["## Load\n", "\n", "    say()"]
