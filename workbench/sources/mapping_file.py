"""Make a mapping.yml for workbooks, and say what is left for a person to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.progress import Report, quiet
from workbench.sources.files import listed
from workbench.sources.layout import SUFFIXES, grids
from workbench.sources.mapping import NAMES, written
from workbench.sources.proposal import Proposal, propose


@dataclass(frozen=True)
class Made:
    """A mapping.yml that was written, what it proposes, and sheets without a table."""

    file: Path
    proposals: tuple[Proposal, ...]
    empty: tuple[str, ...]

    def as_text(self) -> str:
        """A line for each sheet: its table, how many of its columns are used, and what a person has to say."""
        lines = []
        for each in self.proposals:
            name = f"{each.file}, {each.sheet}" if each.sheet else each.file
            used = sum(bool(column.header) for column in each.columns.values())
            hidden = " (hidden)" if each.hidden else ""
            if each.table:
                share = each.ranked[0][0]
                lines.append(f"{name}{hidden}: {each.table} {share:.0%}, {used} columns, {len(each.unused)} not used")
            else:
                lines.append(f"{name}{hidden}: no table is likely enough")
            if each.missing:
                lines.append(f"    to be said: {', '.join(each.missing)}")
            unsure = [key for key, column in each.columns.items() if column.others and not column.header]
            if unsure := [key for key in unsure if key not in each.missing]:
                lines.append(f"    unsure, left out: {', '.join(unsure)}")
        lines += [f"{name}: no table" for name in self.empty]
        steps = "correct it, then" if any(each.missing for each in self.proposals) else "look through it, then"
        folder = self.file.parent
        return "\n".join([*lines, f"{self.file}: {steps} workbench load {folder} --system excel --out SNAPSHOT"])


def make_mapping(
    inputs: Sequence[Path],
    out: Path | None,
    scratch: Path,
    delimiter: str = "",
    encoding: str = "",
    progress: Report = quiet,
) -> Made:
    """Propose a mapping of every sheet of files and folders, and write it; `scratch` is an empty folder.

    Raises WorkbenchError where there is no workbook, or a mapping is there already.
    """
    files = [path for path in listed(inputs) if is_book(path)]
    if not files:
        names = ", ".join(map(str, inputs))
        raise WorkbenchError(f"'{names}' holds no workbook.", f"give a file that ends in {', '.join(SUFFIXES)}")
    target = out or files[0].parent / NAMES[0]
    if target.exists():
        raise WorkbenchError(f"'{target}' is there already.", "give another --out, or remove it")
    proposals: list[Proposal] = []
    empty = []
    for done, path in enumerate(files):
        progress(f"reading {path.name}", done, len(files))
        for grid in grids(path, scratch, encoding, delimiter):
            found = propose(grid)
            if found:
                proposals.append(found)
            else:
                empty.append(f"{path.name}, {grid.sheet}" if grid.sheet else path.name)
    progress("reading", len(files), len(files))
    if not proposals:
        raise WorkbenchError(f"No sheet of {', '.join(path.name for path in files[:5])} holds a table.", "look at them")
    target.write_text(written(proposals), encoding="utf-8")
    return Made(target, tuple(proposals), tuple(empty))


def is_book(path: Path) -> bool:
    """Whether a file is a workbook or a CSV file, and none that a program keeps while one is open."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES) and not path.name.startswith("~$")
