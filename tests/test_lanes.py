"""Several controls at the same time find what one after the other finds, and stop together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest

from tests.planted_company import company
from workbench import detect
from workbench.controls import Control, controls
from workbench.engine import Engine, open_engine
from workbench.engine.duck import DuckEngine
from workbench.engine.lanes import side_by_side
from workbench.engine.shared import SharedView
from workbench.errors import NoRoomError, WorkbenchError
from workbench.snapshot import Snapshot, open_snapshot

TEXTS = [control.sql for control in controls().values()]
# More rows than can be counted in a year.
ENDLESS = "select count(*) as rows from range(10000000000) as a, range(10000000000) as b where hash(a, b) = 0"


@pytest.fixture
def snapshot() -> Snapshot:
    return open_snapshot(company())


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[DuckEngine]:
    monkeypatch.setenv("WORKBENCH_THREADS", "4")
    with closing(open_engine("duckdb", company())) as opened:
        yield opened


def told(_thing: object, _done: int) -> None:
    """Hear nothing."""


@pytest.mark.parametrize("large", [False, True])
def test_controls_side_by_side_find_the_same(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, *, large: bool
) -> None:
    ids = tuple(entry for entry in controls() if entry.startswith(("COM", "OCC", "VAL")))
    own = {"VAL-01": {"days": 7}}
    if large:
        monkeypatch.setattr("workbench.engine.duck.LARGE", 0)
    monkeypatch.setenv("WORKBENCH_THREADS", "1")
    alone = detect.run(snapshot, ids=ids, own=own)
    monkeypatch.setenv("WORKBENCH_THREADS", "4")
    beside = detect.run(snapshot, ids=ids, own=own)
    assert beside.table.equals(alone.table) and alone.table.num_rows
    assert (beside.funnel, beside.not_run, beside.partly) == (alone.funnel, alone.not_run, alone.partly)
    assert beside.parameters == alone.parameters


@pytest.mark.parametrize(("large", "at_once", "lanes"), [(10**9, 10**9, 4), (0, 10**9, 2), (0, 0, 1)])
def test_the_larger_the_data_the_fewer_lanes(
    engine: DuckEngine, monkeypatch: pytest.MonkeyPatch, large: int, at_once: int, lanes: int
) -> None:
    monkeypatch.setattr("workbench.engine.duck.LARGE", large)
    monkeypatch.setattr("workbench.engine.duck.AT_ONCE", at_once)
    with engine.lanes() as opened:
        assert len(opened) == lanes


@pytest.mark.parametrize("large", [10**9, 0])
def test_what_lanes_keep_is_worked_out_once_for_all_of_them(
    engine: DuckEngine, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr("workbench.engine.duck.LARGE", large)
    kept, keep = Counter[str](), DuckEngine._keep_view

    def counting(self: DuckEngine, view: SharedView) -> None:
        kept[view.name] += 1
        keep(self, view)

    monkeypatch.setattr(DuckEngine, "_keep_view", counting)
    names = [view.name for view in engine.views.in_order()]
    before = {name: engine.query(f'select * from "{name}" order by all') for name in names}
    with engine.lanes(TEXTS) as lanes:
        side_by_side(lanes, names * 3, lambda lane, name: lane.query(f'select * from "{name}"'), told)
        for lane in lanes:
            for name in names:
                assert lane.query(f'select * from "{name}" order by all').equals(before[name])
    assert kept and set(kept.values()) == {1}
    assert {name for name, view in engine.views.worth_keeping(TEXTS, large=not large).items() if view.kept} == set(kept)


def test_things_come_back_in_order_and_are_told_of_where_they_were_asked_for() -> None:
    here, heard, busy = threading.get_ident(), list[tuple[int, int]](), Counter[int]()

    class Lane:
        def interrupt(self) -> None:
            """Nothing runs for long."""

    barrier = threading.Barrier(3)

    def do(lane: Lane, thing: int) -> tuple[int, int]:
        busy[id(lane)] += 1
        assert busy[id(lane)] == 1, "a lane does one thing at a time"
        barrier.wait(timeout=60)
        busy[id(lane)] -= 1
        return thing, threading.get_ident()

    def begun(thing: int, done: int) -> None:
        assert threading.get_ident() == here
        heard.append((thing, done))

    done = side_by_side([Lane(), Lane(), Lane()], range(9), do, begun)
    assert [thing for thing, _ in done] == list(range(9)) == [thing for thing, _ in heard]
    assert here not in {thread for _, thread in done}
    counts = [number for _, number in heard]
    assert counts == sorted(counts) and counts[:3] == [0, 0, 0] and counts[-1] >= 6
    assert side_by_side([Lane()], range(2), lambda _, thing: (thing, threading.get_ident()), begun) == [
        (0, here),
        (1, here),
    ]


def test_an_interruption_stops_what_runs(engine: DuckEngine) -> None:
    stopped = []

    def do(lane: DuckEngine, thing: int) -> None:
        try:
            lane.query(ENDLESS)
        except WorkbenchError as error:
            stopped.append((thing, error.problem))

    def begun(thing: int, _done: int) -> None:
        if thing == 2:
            raise KeyboardInterrupt

    with engine.lanes() as lanes, pytest.raises(KeyboardInterrupt):
        side_by_side(lanes, range(4), do, begun)
    assert sorted(thing for thing, _ in stopped) == [0, 1]
    assert all("Interrupted" in problem for _, problem in stopped)


def test_what_has_no_room_beside_others_is_asked_again_alone(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_THREADS", "4")
    ask, here, refused = detect.candidates, threading.get_ident(), []

    def crowded(lane: Engine, control: Control, parameters: Mapping[str, object], *period: Any) -> pa.Table:
        if control.id == "OCC-03" and threading.get_ident() != here:
            refused.append(control.id)
            raise NoRoomError("DuckDB stopped: Out of Memory Error", "set memory")
        if control.id == "OCC-04":
            raise NoRoomError("DuckDB stopped: IO Error", "make room on the disk")
        return ask(lane, control, parameters, *period)

    whole = detect.run(snapshot, ids=("OCC-03", "OCC-05"))
    monkeypatch.setattr(detect, "candidates", crowded)
    found = detect.run(snapshot, ids=("OCC-03", "OCC-04", "OCC-05"))
    assert refused == ["OCC-03"]
    assert found.table.equals(whole.table) and whole.table.num_rows
    assert [(state.control.id, state.missing) for state in found.not_run] == [("OCC-04", ("DuckDB stopped: IO Error",))]
