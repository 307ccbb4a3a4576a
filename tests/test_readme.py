"""The README is true: every command in it runs, every control is in it, every file it names is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.controls import controls

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The folders that its commands read, and the case of a system that stands for each.
EXPORTS = {"oracle": "oracle_ar/ordinary", "crm": "salesforce/whole", "statements": "bank/sepa_days"}
PROGRAM = Path(sys.executable).parent / "workbench"


def test_every_control_is_listed_with_its_title_and_severity() -> None:
    for entry in controls().values():
        assert f"| {entry.id} | {entry.title} | {entry.severity} |" in README, f"README does not list {entry.id}"


def test_every_file_it_shows_or_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / name).is_file(), f"README shows {name}, which is not there"
    for name in re.findall(r"`((?:docs|queries|workbench|notebooks)/[\w./-]+|[A-Z]+\.md)`", README):
        assert (ROOT / name).exists(), f"README names {name}, which is not there"


def test_every_make_target_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", README)) <= targets


def test_its_commands_run_in_its_order(tmp_path: Path) -> None:
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("workbench ")]
    assert len(lines) >= 6
    for name, case in EXPORTS.items():
        shutil.copytree(ROOT / "tests/sources" / case / "in", tmp_path / name)
    for line in lines:
        done = subprocess.run(
            [str(PROGRAM), *shlex.split(line)[1:]],
            cwd=tmp_path,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (tmp_path / "findings.csv").is_file()
    assert list((tmp_path / "packs").glob("SG01-2025-06/summary.html"))
