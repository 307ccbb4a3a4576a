"""Notebooks are prose, parameters and calls: nothing stored in them, nothing defined, nothing long."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from workbench.settings import NOTEBOOKS

FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
LINES = 12
KEPT_METADATA = {"kernelspec", "language_info"}
PARAMETER = re.compile(r"[a-z_]+(: [a-z]+)? = .+  # \S")

pytestmark = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def read(file: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return notebook


def code(file: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(file)["cells"] if cell["cell_type"] == "code"]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_nothing_that_ran_is_stored(file: Path) -> None:
    for cell in code(file):
        assert cell["outputs"] == [], "clear the outputs: they are data of somebody's company"
        assert cell["execution_count"] is None, "clear the execution counts"


def test_metadata_holds_the_kernel_and_nothing_else(file: Path) -> None:
    notebook = read(file)
    assert set(notebook["metadata"]) <= KEPT_METADATA, "remove what the editor left, widget state above all"
    assert "version" not in notebook["metadata"].get("language_info", {}), "the language's version is a machine's own"
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}, "remove what the editor left in a cell's metadata"


def test_cells_are_short(file: Path) -> None:
    for cell in code(file):
        assert source(cell).count("\n") < LINES, f"a cell has at most {LINES} lines: move the work into the package"


def test_the_package_is_the_one_import_and_nothing_is_defined(file: Path) -> None:
    nodes = [node for cell in code(file) for node in ast.walk(ast.parse(source(cell)))]
    imports = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["import workbench as wb"], "import workbench as wb, once, and nothing else"
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.Try, ast.With)
    assert not [node for node in nodes if isinstance(node, defined)], "move what is defined or looped into the package"


def test_a_notebook_that_takes_parameters_explains_each(file: Path) -> None:
    tagged = [cell for cell in code(file) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1, "give it one cell with the tag parameters"
    for line in source(tagged[0]).splitlines():
        assert PARAMETER.match(line), f"'{line}': name: type = value  # what it is"


def test_it_opens_with_a_title_and_has_prose_before_every_result(file: Path) -> None:
    cells = read(file)["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert source(cells[0]).startswith("# ")
    prose = [cell for cell in cells if cell["cell_type"] == "markdown"]
    assert len(prose) >= len(code(file)) / 2, "say in words what a reader sees"


def test_cell_ids_are_there_and_differ(file: Path) -> None:
    ids = [cell["id"] for cell in read(file)["cells"]]
    assert len(ids) == len(set(ids))
