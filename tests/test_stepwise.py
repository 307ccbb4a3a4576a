"""A SELECT that is planned in pieces says what it says in one, and leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.planted_company import company
from workbench.controls import controls
from workbench.detect import run
from workbench.engine import open_engine
from workbench.engine.duck import DuckEngine
from workbench.engine.stepwise import Piece, pieces
from workbench.errors import WorkbenchError
from workbench.snapshot import open_snapshot

TWICE = "with a as (select 1 as x, 2 as y), b as (select x from a) select b.x from b inner join a on a.x = b.x"

DOUBLED = "with a as (select unnest([1, 1]) as x, unnest([1, 2]) as y), b as (select distinct * from a)"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DuckEngine]:
    """An engine that takes every snapshot for a large one."""
    monkeypatch.setattr("workbench.engine.duck.LARGE", 0)
    with closing(open_engine("duckdb", tmp_path)) as opened:
        opened.prepare()
        yield opened


def tables(engine: DuckEngine) -> list[tuple[str, ...]]:
    return engine.connection.execute("select table_name from duckdb_tables() where table_name like 'step%'").fetchall()


def cut_in(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    """Have the company taken for a snapshot so large that it is worked out in so many ranges."""
    size = sum(file.stat().st_size for file in company().rglob("*.parquet"))
    monkeypatch.setattr("workbench.engine.duck.LARGE", 0)
    monkeypatch.setattr("workbench.engine.duck.AT_ONCE", -(-size // parts))


@pytest.mark.prove
@pytest.mark.parametrize("parts", [1, 7])
def test_every_control_says_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    snapshot = open_snapshot(company())
    whole = run(snapshot)
    cut_in(monkeypatch, parts)
    in_pieces = run(snapshot)
    assert in_pieces.table.equals(whole.table) and in_pieces.funnel == whole.funnel
    assert whole.table.num_rows and not whole.not_run and not in_pieces.not_run


def test_most_controls_have_something_to_cut_and_each_piece_is_sql() -> None:
    cut = {entry.id: pieces(entry.sql) for entry in controls().values()}
    assert sum(len(found) > 1 for found in cut.values()) > len(cut) / 2
    for found in cut.values():
        for piece in found:
            assert len(duckdb.extract_statements(piece.sql)) == 1


def test_every_step_that_says_its_ranges_is_worked_out_by_them() -> None:
    for entry in controls().values():
        said = re.findall(r"-- by (.*)", entry.sql)
        assert [piece.by for piece in pieces(entry.sql) if piece.by] == said, entry.id


def test_a_step_that_is_not_to_be_materialized_is_written_in() -> None:
    inlined = TWICE.replace("a as (", "a as not materialized (")
    assert pieces(inlined) == (Piece("", inlined),)
    nested = TWICE.replace("with a as (select 1 as x", "with c as not materialized (select 1 as x), a as (select x")
    first, last = pieces(nested.replace("as y)", "as y from c)"))
    assert first.sql == "with c as not materialized (select 1 as x)\nselect x, 2 as y from c"
    assert "(select 1 as x)" not in last.sql


def test_what_is_read_more_than_once_is_a_table_and_the_rest_is_written_in() -> None:
    first, last = pieces(TWICE)
    assert (first.table, first.sql) == ("step_a", "select 1 as x, 2 as y")
    assert first.later is not None and "x" in first.later and "y" not in first.later
    assert "a as not materialized (select * from temp.step_a)" in last.sql and "b as (select x from a)" in last.sql


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 as x",
        "with a as (select 1 as x) select x from a",
        "with a as (select 1 as x), a as (select 2 as x) select a.x from a inner join a as b on a.x = b.x",
        "with recursive a as (select 1 as x union all select x + 1 from a where x < 3) select x from a",
        "with a as (with b as (select 1 as x) select x from b) select a.x from a inner join a as c on a.x = c.x",
    ],
)
def test_what_cannot_be_cut_stays_whole(sql: str) -> None:
    assert [piece.sql for piece in pieces(sql)] == [sql]


@pytest.mark.parametrize(
    "sql",
    [
        TWICE,
        # Names inside texts, comments and quotes are none; nor does a bracket in them close anything.
        "with a as (select 'from a join a )' as x /* ( */ -- (\n, 1 as \"b(\") select p.x from a p join a q using (x)",
        # Whole rows are compared: all columns count.
        f"{DOUBLED} select b.x from b inner join a on b.x = a.x",
        "with a as (select 1 as x, 2 as y), b as (select * from a union select * from a) select count(x) as n from b",
        # All columns are asked for.
        "with a as (select 1 as x, 2 as y) select p.* from a as p inner join a as q on p.x = q.x",
        # No table holds a column without a type.
        "with a as (select null as x, 1 as y) select coalesce(p.x, 'none') as z from a as p join a as q using (y)",
        # What is given by name is given to each piece that names it.
        "with a as (select $number as x, 1 as y) select p.x + $other as z from a as p join a as q using (y)",
        # A step that is not read again, and one of which only the rows count.
        "with a as (select 1 as x), b as (select 2 as z) select count(*) as n from a as p cross join a as q",
    ],
)
def test_a_select_says_the_same_in_pieces(engine: DuckEngine, sql: str) -> None:
    given = {"number": 7, "other": 1}
    wanted = engine.connection.execute(sql, {name: given[name] for name in given if f"${name}" in sql}).fetchall()
    assert [tuple(row.values()) for row in engine.query(sql, given).to_pylist()] == wanted
    assert not tables(engine)


def test_a_piece_that_fails_says_why_and_leaves_no_table(engine: DuckEngine) -> None:
    sql = "with a as (select 1 as x), b as (select cast('x' || x as integer) as y from a union all select x from a) "
    with pytest.raises(WorkbenchError, match="Could not convert"):
        engine.query(sql + "select p.y from b as p inner join b as q on p.y = q.y")
    assert not tables(engine)
    assert engine.query(TWICE).num_rows == 1


@pytest.mark.parametrize("parts", [1, 5])
def test_what_is_written_to_files_range_by_range_is_all_and_once(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    cut_in(monkeypatch, parts)
    with closing(open_engine("duckdb", company())) as engine:
        engine.prepare([control.sql for control in controls().values()])
        for view in ("live_lines", "consigned_lines"):
            kept, made = (f'select * from {schema}"{view}" order by all' for schema in ("", "memory.main."))
            files = "select count(distinct filename) as files from read_parquet([{}], filename = true)"
            assert engine.query(kept).equals(engine.query(made)) and engine.query(kept).num_rows
            sql = engine.connection.execute(
                f"select sql from duckdb_views() where view_name = '{view}' and temporary"
            ).fetchall()[0][0]
            listed = ", ".join(f"'{name}'" for name in re.findall(r"[^' ]+\.parquet", sql))
            assert engine.query(files.format(listed))["files"][0].as_py() == parts


@pytest.mark.parametrize("parts", [1, 5])
def test_what_is_kept_in_memory_range_by_range_is_all_and_once(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    cut_in(monkeypatch, parts)
    with closing(open_engine("duckdb", company())) as engine:
        engine.prepare(["select subject_id from uncleared"])
        made = engine.connection.sql("from memory.main.uncleared order by all").to_arrow_table()
        assert engine.query("select * from uncleared order by all").equals(made) and made.num_rows
        assert len(engine._ranges("clearings.subject_id")) == (1 if parts == 1 else parts + 1)


# Texts and numbers; rows whose key is missing are a range too.
@pytest.mark.parametrize("column", ["customers.parent_id", "customers.payment_terms_days", "invoices.customer_id"])
def test_a_step_worked_out_range_by_range_is_all_and_once(monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    table, key = column.split(".")
    sql = f"""with
-- What comes often.
-- by {column}
often as (select {key}, count(*) as rows from {table} group by {key})
select a.* from often as a inner join often as b on a.{key} is not distinct from b.{key} order by all"""
    assert pieces(sql)[0].by == column
    with closing(open_engine("duckdb", company())) as engine:
        engine.prepare()
        whole = engine.query(sql)
        cut_in(monkeypatch, 4)
        engine.prepare()
        assert engine.query(sql).equals(whole) and whole.num_rows > 1


def test_many_rows_stand_in_a_file_and_can_be_read_when_the_engine_is_closed(
    engine: DuckEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "with a as (select range as x, range || ' €' as y from range(1000)) "
    sql += "select p.* from a as p join a as q using (x) order by p.x"
    monkeypatch.setattr("workbench.engine.duck.BATCH", 300)
    rows = engine.query(sql)
    assert len(list(Path(engine._spill.name).rglob("rows.arrow"))) == 1
    monkeypatch.setattr("workbench.engine.duck.BATCH", 10_000)
    held = engine.query(sql)
    assert len(list(Path(engine._spill.name).rglob("rows.arrow"))) == 1
    engine.close()
    assert rows.equals(held) and rows.num_rows == 1000


def test_what_fails_when_half_of_the_rows_are_read_says_why(
    engine: DuckEngine,
) -> None:
    with pytest.raises(WorkbenchError, match=r"The query failed: Conversion Error.*299999 rows"):
        engine.query("select cast(if(range < 299999, '1', range || ' rows') as integer) as x from range(300000)")
    assert engine.query("select 1 as x")["x"].to_pylist() == [1]


def test_too_little_memory_or_disk_is_said(engine: DuckEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "select range || ' rows' as x from range(3000000) order by hash(range)"
    engine.connection.execute("set memory_limit = '20MB'")
    engine.connection.execute("set temp_directory = ''")
    with pytest.raises(WorkbenchError, match=r"DuckDB stopped: Out of Memory Error.*\n.*memory in workbench.toml"):
        engine.query(many)
    engine.connection.execute("set memory_limit = '2GB'")
    monkeypatch.setattr("workbench.engine.duck.AT_ONCE", 0)
    file = pa.OSFile
    monkeypatch.setattr("workbench.engine.duck.pa.OSFile", lambda *_: file("/dev/full", "wb"))
    with pytest.raises(WorkbenchError, match=r"DuckDB stopped: \[Errno 28\].*No space left"):
        engine.query(many)
