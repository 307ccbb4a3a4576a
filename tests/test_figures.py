"""Every figure does what its worked examples say, and says what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from sqlglot import exp, parse_one

from tests.cases import QUICK, Case, engine_of
from tests.test_house import tables_read
from workbench.figures.catalogue import FORMS, STAGED, Figure, catalogue, figure, read_figure
from workbench.figures.ground import Ask, Ground
from workbench.figures.results import NARROWED
from workbench.figures.run import figures, worked_out
from workbench.figures.windows import window_of
from workbench.schema import tables
from workbench.snapshot import Snapshot

FOLDER = Path(__file__).parent / "figures"
AMOUNTS = ("numerator", "denominator", "value")


@dataclass(frozen=True)
class Example:
    """One example: rows by table or what a snapshot lacks, how the figure is asked, and what it must say."""

    figure: str
    name: str
    cites: str
    given: dict[str, list[dict[str, Any]]]
    ask: dict[str, Any]
    says: list[dict[str, Any]]
    rows: list[dict[str, Any]] | None
    lacks: dict[str, list[str]]
    missing: list[str]


@cache
def examples(figure_id: str) -> tuple[Example, ...]:
    """The examples of one figure, in the order of its file."""
    document = yaml.load((FOLDER / f"{figure_id}.yml").read_text(encoding="utf-8"), QUICK)
    assert document.pop("figure") == figure_id
    return tuple(
        Example(
            figure=figure_id,
            name=name,
            cites=entry.get("cites", ""),
            given=_given(entry),
            ask=entry.get("ask", {}),
            says=entry.get("says", []),
            rows=entry.get("rows"),
            lacks=entry.get("lacks", {}),
            missing=entry.get("missing", []),
        )
        for name, entry in document.items()
    )


def _given(entry: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows by table; a row with `copies` stands for so many, its key numbered."""
    joined: dict[str, list[dict[str, Any]]] = {}
    for part in (entry.get("given", {}), entry.get("more", {})):
        for name, rows in part.items():
            joined.setdefault(name, []).extend(copy for row in rows for copy in _copies(name, row))
    return joined


def _copies(name: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    plain = {column: value for column, value in row.items() if column != "copies"}
    key = tables()[name].key[0]
    return [
        {**plain, key: f"{plain[key]}{number}"} for number in range(1, row["copies"] + 1)
    ] if "copies" in row else [plain]  # fmt: skip


def every(worked: bool) -> list[Example]:
    """All examples with rows, or all of what is lacking."""
    return [entry for name in catalogue() for entry in examples(name) if bool(entry.lacks) != worked]


@pytest.mark.parametrize("entry", every(True), ids=lambda entry: f"{entry.figure}-{entry.name}")
def test_example(entry: Example) -> None:
    asked = dict(entry.ask)
    own = figure(entry.figure).values(asked.pop("own", {}))
    window = window_of(asked.pop("as_of", None), str(asked.pop("period", "")), None)
    with closing(engine_of(Case(entry.figure, entry.name, entry.given, {}, [], []))) as database:
        ground = Ground(database, [window], Ask(**asked))
        values = worked_out(ground, figure(entry.figure), own).to_pylist()
        behind = database.query("select * from behind")
        narrow = NARROWED.get(figure(entry.figure).form)
        rows = (narrow(behind, own) if narrow else behind).to_pylist()
    assert same(values, entry.says), f"it says {shown(values, entry.says)}"
    if entry.rows is not None:
        assert same(rows, entry.rows), f"behind it are {shown(rows, entry.rows)}"


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether there are as many rows, each with what its expectation names, to the digits that it gives."""
    return len(found) == len(expected) and all(
        _plain(name, row[name], value) == _plain(name, value, value)
        for row, wanted in zip(found, expected, strict=True)
        for name, value in wanted.items()
    )


def _plain(name: str, value: Any, wanted: Any) -> Any:
    if name not in AMOUNTS or value is None or wanted is None:
        return value
    digits = Decimal(1).scaleb(int(Decimal(str(wanted)).as_tuple().exponent))
    return Decimal(str(value)).quantize(digits, ROUND_HALF_UP)


def shown(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> str:
    """The columns of the rows that an expectation names."""
    names = list(dict.fromkeys(name for row in expected for name in row))
    return "\n".join(str({name: str(row[name]) for name in names}) for row in found)


@pytest.mark.parametrize("entry", every(False), ids=lambda entry: f"{entry.figure}-{entry.name}")
def test_a_figure_that_lacks_something_is_not_run_and_says_what(entry: Example, tmp_path: Path) -> None:
    for name, table in tables().items():
        kept = [column for column in table.columns if column not in entry.lacks.get(name, ())]
        if entry.lacks.get(name) != []:
            pq.write_table(
                pa.table({column: pa.array([], pa.string()) for column in kept}), tmp_path / f"{name}.parquet"
            )
    found = figures(Snapshot(tmp_path), as_of=date(2025, 3, 31), ids=[entry.figure])
    assert {state.figure.id: list(state.missing) for state in found.not_run} == {entry.figure: entry.missing}
    assert found.values.num_rows == 0
    assert f"Not run: missing {', '.join(entry.missing)}." in found.as_text()


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.id)
def test_figure_has_a_cited_example_one_without_a_value_and_one_that_is_not_run(entry: Figure) -> None:
    file = f"tests/figures/{entry.id}.yml"
    assert any(example.cites for example in examples(entry.id)), f"{file} needs an example that cites its source"
    assert any(example.lacks for example in examples(entry.id)), f"{file} needs an example that lacks something"
    values = [row.get("value", "") for example in examples(entry.id) for row in example.says]
    assert None in values or entry.id in {"FIG-20", "FIG-25"}, f"{file} needs an example without a value"


def test_every_file_of_examples_has_its_figure() -> None:
    named = {file.stem for file in FOLDER.glob("*.yml")} & {f"FIG-{number}" for number in range(11, 100)}
    assert named == set(catalogue()), "a figure is queries/5_figures/<name>.sql and tests/figures/<ID>.yml"


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda entry: entry.id)
def test_figure_is_bound_divides_nothing_and_names_what_it_reads(entry: Figure) -> None:
    named = set(re.findall(r"\$([a-z_]+)", entry.sql)) - {"clock"}
    assert named <= set(entry.parameters), f"{entry.id} binds {named - set(entry.parameters)}"
    tree = parse_one(entry.sql, dialect="duckdb")
    assert not list(tree.find_all(exp.Div)), f"{entry.id} divides; a division is made once, at the end"
    assert not re.search(r"\b(double|float|real|current_date|random|limit)\b", entry.sql.lower())
    declared = set(entry.needs) | set(entry.uses)
    assert tables_read(entry.sql) <= declared, f"{entry.id} reads {tables_read(entry.sql) - declared}"
    for table, columns in [*entry.needs.items(), *entry.uses.items()]:
        assert set(columns) <= set(tables()[table].columns), f"{entry.id} names a column that {table} has not"
    assert entry.form in FORMS
    assert entry.reads("findings") == bool(entry.controls)
    assert set(re.findall(r"\b(?:from|join) ([a-z_]+)", entry.sql)) & set(STAGED) == {
        name for name in STAGED if entry.reads(name)
    }


def test_a_query_without_a_form_is_no_figure(tmp_path: Path) -> None:
    text = figure("dso").text
    (tmp_path / "a.sql").write_text(text, encoding="utf-8")
    (tmp_path / "b.sql").write_text(text.replace("form: ratio\n", ""), encoding="utf-8")
    assert [entry.name for entry in catalogue(tmp_path).values()] == ["a"]
    assert read_figure(tmp_path / "b.sql") is None
