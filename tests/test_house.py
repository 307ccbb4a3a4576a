"""The house: layout, sizes, words and promises that hold for everything in the project."""

from __future__ import annotations

import ast
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from workbench.cli import workbench
from workbench.controls import FOLDER, Control, controls, read_control
from workbench.engine.transpile import to_spark
from workbench.errors import WorkbenchError
from workbench.frontmatter import read_sql
from workbench.schema import tables
from workbench.settings import QUERIES

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "workbench").rglob("*.py"))
VIEWS = {file.stem: read_sql(file) for file in sorted((QUERIES / "2_canonical/views").glob("*.sql"))}
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What gives another answer on another engine, or another one every day; what the parsed text shows is refused by
# workbench/engine/meanings.py, each with its reason.
BANNED = {
    "group by all": r"\bgroup by all\b",
    "a float": r"\b(double|float|real)\b",
    "the clock": r"\b(current_date|current_timestamp|now\(\)|today\(\)|get_current_\w+)",
    "chance": r"\b(random|uuid)\s*\(",
    "a sample": r"\b(using|table)sample\b",
    "the order of rows as they come": r"\b(rowid|limit)\b",
    "a median or quantile": r"\b(median|mode|quantile\w*|percentile\w*|approx\w*)\s*\(",
    "a similarity of the engine's own; use one_edit() or alike()": r"\b(\w*levenshtein|jaro\w*|jaccard|hamming)\s*\(",
    "a decimal without its digits": r"\bdecimal\b(?!\s*\()",
    "a struct or map": r"\b(struct_pack|row|map)\s*\(|\{'",
    "epoch": r"\b(epoch\w*|date_part|strftime|strptime)\s*\(",
}


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_module_is_short_and_says_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "open the module with one line that says what it is"
    assert text.count("\n") <= 400, "a module holds one idea: split it"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            assert node.end_lineno - node.lineno < 60, f"{node.name} does not fit a screen: split it"
    assert not re.search(r"\b(TODO|FIXME)\b", text), "nothing is left to be done in main: open an issue"


@pytest.mark.parametrize("entry", controls().values(), ids=lambda entry: entry.id)
def test_control_names_every_table_and_column_that_it_reads(entry: Control) -> None:
    known = tables()
    for table, columns in entry.reads.items():
        assert table in known, f"{entry.id} names {table}, which is no canonical table"
        for column in columns:
            assert column in known[table].columns, f"{entry.id} names {table}.{column}, which does not exist"
    undeclared = tables_read(entry.sql) - set(entry.reads)
    assert not undeclared, f"{entry.id} reads {undeclared}: add them to needs or uses"


@pytest.mark.parametrize("entry", controls().values(), ids=lambda entry: entry.id)
def test_control_is_bound_and_portable(entry: Control) -> None:
    named = set(re.findall(r"\$([a-z_]+)", entry.sql))
    assert named - {"as_of"} == set(entry.parameters), f"{entry.id}: parameters in the text and in the metadata differ"
    assert not unportable(entry.sql), f"{entry.id} uses {unportable(entry.sql)}"


@pytest.mark.parametrize("name", VIEWS)
def test_view_is_portable(name: str) -> None:
    assert not unportable(VIEWS[name][1]), f"{name} uses {unportable(VIEWS[name][1])}"


def unportable(sql: str) -> list[str]:
    """What a SELECT says that engines understand differently, in words."""
    code = re.sub(r"--[^\n]*|'[^']*'", "''", sql).lower()
    found = [what for what, pattern in BANNED.items() if re.search(pattern, code)]
    try:
        to_spark(sql)
    except WorkbenchError as error:
        found.append(str(error))
    return found


def test_a_control_is_found_by_its_folder(tmp_path: Path) -> None:
    family = tmp_path / "completeness"
    family.mkdir()
    (family / "new_one.sql").write_text(next(FOLDER.rglob("*.sql")).read_text(encoding="utf-8"), encoding="utf-8")
    assert read_control(family / "new_one.sql").family == "completeness"
    assert len(controls(tmp_path)) == 1


def test_every_command_is_in_the_readme_with_an_example_in_its_help() -> None:
    for name, command in workbench.commands.items():
        assert f"workbench {name}" in README, f"README does not list workbench {name}"
        assert "Example:" in (command.help or ""), f"the help of workbench {name} has no example"
        for option in command.params:
            help_text = getattr(option, "help", "argument")
            assert help_text or option.param_type_name == "argument", f"workbench {name} {option.name} has no help"


def test_makefile_targets_have_a_line_that_says_what_they_do() -> None:
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        if re.match(r"[a-z]+:", line):
            assert above.startswith("# "), f"say above '{line}' what it makes"


def test_lock_has_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z0-9][a-z0-9._-]*==", lock, re.MULTILINE)
    assert len(packages) > 50
    assert lock.count("--hash=sha256:") >= len(packages)
    assert not re.search(r"https?://|--index|--find-links", lock)


def test_environment_repeats_no_version() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert not re.findall(r"==|~=|=\d", text.replace("python>=3.11", "")), "versions are in pyproject.toml alone"


def test_tracked_files_hold_no_path_of_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    for name in listed.stdout.splitlines():
        file = ROOT / name
        if file.suffix in {".py", ".md", ".toml", ".yml", ".sql", ".ipynb", ".lock"} and file.is_file():
            found = re.search(r"(?<![\w.])/(work|root|home)/\w", file.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{name} holds a path of one machine"


def tables_read(sql: str) -> set[str]:
    """The canonical tables a text reads, through the shared views as well."""
    tree = parse_one(sql, dialect="duckdb")
    own = {entry.alias for entry in tree.find_all(exp.CTE)}
    read: set[str] = set()
    for node in tree.find_all(exp.Table):
        if node.name in VIEWS:
            read |= tables_read(VIEWS[node.name][1])
        elif node.name in tables() and node.name not in own:
            read.add(node.name)
    return read
