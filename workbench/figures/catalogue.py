"""Read figures: one SQL file each, with its metadata in the leading comment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.controls import Parameter
from workbench.controls import missing as missing_names
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.frontmatter import parse_sql
from workbench.language import mark, say
from workbench.settings import QUERIES
from workbench.snapshot import Snapshot

FOLDER = QUERIES / "5_figures"
FORMS = ("ratio", "total", "quantile", "count_back", "concentration", "forecast")
STAGED = ("open_items", "findings", "loss_rates")
DAYS = "days"
STATES = {
    "not run": mark("Not run: missing {names}."),
    "partly": mark("Ran in part: missing {names}."),
    "failed": mark("Failed: {names}."),
}


@dataclass(frozen=True)
class Figure:
    """One formula of the field: its words, what it needs, and the SELECT of the rows behind it.

    The SELECT gives a row per source row and role in the formula, with numerator and denominator; `form` says how they
    become a value. A "ratio" is the sum of numerators x `times` (a number, or the days of the period) / the sum of
    denominators; a "total" the sum of numerators, over all parts too where it `adds_up`; the others have code of their
    own. `is_money` figures are kept per currency. `parts` stand in this order, in a total even at 0. `controls` are
    those whose findings it reads (empty: none, "all": every one); `empty` says in words why there is no value.
    """

    id: str
    name: str
    title: str
    form: str
    unit: str
    is_money: bool
    times: int | str
    adds_up: bool
    parts: tuple[str, ...]
    controls: tuple[str, ...]
    formula: str
    source: str
    says: str
    empty: str
    needs: dict[str, tuple[str, ...]]
    uses: dict[str, tuple[str, ...]]
    parameters: dict[str, Parameter]
    sql: str
    text: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole file: formula, words and defaults."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def reads(self, staged: str) -> bool:
        """Whether the SELECT reads one of STAGED, the tables that are made before it runs."""
        return re.search(rf"\b{staged}\b", self.sql) is not None

    def values(self, given: Mapping[str, object]) -> dict[str, object]:
        """Its own parameters: the defaults, and over them what is given; UnknownNameError for another name."""
        for name in given:
            if name not in self.parameters:
                raise UnknownNameError(f"parameter of {self.id}", name, self.parameters or ["none"])
        return {
            name: entry.read(given[name]) if name in given else entry.default for name, entry in self.parameters.items()
        }


@dataclass(frozen=True)
class Readiness:
    """What a figure can do with a snapshot: "ready", "partly" or "not run", and the names that are missing.

    After a run it may be "failed": the data made it stop, and `missing` says with which words.
    """

    figure: Figure
    state: str
    missing: tuple[str, ...]

    @property
    def words(self) -> str:
        """The same as words for an error."""
        lacks = "" if self.state == "failed" else "missing "
        return f"{'ran in part' if self.state == 'partly' else self.state}: {lacks}{', '.join(self.missing)}"

    @property
    def told(self) -> str:
        """The same for a page, in the language in force."""
        return say(STATES[self.state], names=", ".join(self.missing))


def read_figure(file: Path) -> Figure | None:
    """A figure from its file, None for a query that is no figure; WorkbenchError where the metadata lacks something."""
    text = file.read_text(encoding="utf-8")
    metadata, sql = parse_sql(text, file.name)
    if "form" not in metadata:
        return None
    if metadata["form"] not in FORMS:
        raise UnknownNameError("form of a figure", metadata["form"], FORMS)
    controls = metadata.get("controls", ())
    try:
        return Figure(
            id=metadata["id"],
            name=file.stem,
            title=metadata["title"],
            form=metadata["form"],
            unit=metadata["unit"],
            is_money=metadata["money"],
            times=metadata.get("times", 1),
            adds_up=metadata.get("adds_up", False),
            parts=tuple(metadata.get("parts", ())),
            controls=(controls,) if isinstance(controls, str) else tuple(controls),
            formula=" ".join(metadata["formula"].split()),
            source=" ".join(metadata["source"].split()),
            says=" ".join(metadata["says"].split()),
            empty=metadata["empty"],
            needs={table: tuple(columns) for table, columns in metadata["needs"].items()},
            uses={table: tuple(columns) for table, columns in metadata.get("uses", {}).items()},
            parameters={
                name: Parameter(name, entry["default"], entry["unit"], entry["why"])
                for name, entry in metadata.get("parameters", {}).items()
            },
            sql=sql,
            text=text,
        )
    except KeyError as error:
        raise WorkbenchError(f"Figure {file.name} does not say its {error}.", "add it to the comment") from error


@cache
def catalogue(folder: Path = FOLDER) -> dict[str, Figure]:
    """Every figure of a folder by id, in the order of the ids."""
    found = [entry for entry in map(read_figure, folder.glob("*.sql")) if entry]
    return {entry.id: entry for entry in sorted(found, key=lambda entry: entry.id)}


def texts() -> Iterator[str]:
    """Every text of the figures that a page shows, for the catalogues of other languages."""
    for entry in catalogue().values():
        yield from (entry.title, entry.formula, entry.says, entry.empty)
        yield from (part for part in entry.parts if any(map(str.isalpha, part)))


def figure(name: str) -> Figure:
    """One figure by its id or the name of its file; UnknownNameError with the nearest ones."""
    known = catalogue()
    by_name = {entry.name: entry for entry in known.values()}
    found = known.get(name.upper()) or by_name.get(name.lower())
    if found is None:
        raise UnknownNameError("figure", name, [*by_name, *known])
    return found


def readiness(entry: Figure, snapshot: Snapshot) -> Readiness:
    """Whether a snapshot has what a figure needs and uses."""
    lacking = missing_names(entry.needs, snapshot)
    if lacking:
        return Readiness(entry, "not run", lacking)
    wanting = missing_names(entry.uses, snapshot)
    return Readiness(entry, "partly" if wanting else "ready", wanting)
