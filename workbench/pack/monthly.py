"""The monthly review: a pack per entity, several at a time, from one run of the controls."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from workbench.engine import Engine, open_engine
from workbench.errors import GateError, WorkbenchError
from workbench.findings import Findings
from workbench.language import speaking
from workbench.pack.earlier import Replaced, zip_of
from workbench.pack.given import Given
from workbench.pack.keys.signing import Signer
from workbench.pack.making import make_pack
from workbench.pack.notebook import NotebookFailure, surrounded
from workbench.pack.overview.board import Board, Entry
from workbench.pack.papers import demand_placed
from workbench.pack.resuming import Place, place_of
from workbench.pack.scope import Period, documents, read_period, require_entity, safe_name
from workbench.pack.sharing import run_controls, shared
from workbench.pack.work import NOTEBOOK, Audit
from workbench.progress import Report, quiet
from workbench.settings import read_settings
from workbench.snapshot import MANIFEST, Snapshot, sha256

NOTHING: nullcontext[dict[str, str]] = nullcontext({})
Own = Mapping[str, Mapping[str, object]]
Watch = Callable[[Board, Entry | None], None]
Attempts = Callable[[Sequence[Place]], Iterator[WorkbenchError | None]]


@dataclass(frozen=True)
class Review:
    """What a review came to: packs by entity's order, which of them were there before, and what failed."""

    packs: tuple[Path, ...]
    kept: tuple[Path, ...]
    failures: Mapping[str | None, WorkbenchError]

    def demand_whole(self) -> None:
        """Raise GateError where an entity failed, naming each."""
        if not self.failures:
            return
        first = next(iter(self.failures.values()))
        again = " ".join(f"--entity {shlex.quote(entity)}" for entity in self.failures if entity)
        words = "\n".join(error.problem for error in self.failures.values())
        every = len(self.packs) + len(self.failures)
        raise GateError(
            f"{len(self.failures)} of {every} packs could not be made, {len(self.packs)} were: {words}",
            f"{first.fix}; then again with {again}" if again else first.fix,
        )


def review(
    snapshot: Snapshot,
    period: str,
    out: Path,
    *,
    entities: Sequence[str] = (),
    jobs: int = 1,
    own: Own | None = None,
    progress: Report = quiet,
    notebook: Path = NOTEBOOK,
    given: Given | None = None,
    against: Path | None = None,
    why: str = "",
    signer: Signer | None = None,
) -> list[Path]:
    """Make a pack, a folder and its zip, for each entity's month; the folders in order of the entities.

    As `review_all`, and where an entity failed a GateError at the end names it.
    """
    result = review_all(
        snapshot,
        period,
        out,
        entities=entities,
        jobs=jobs,
        own=own,
        watch=_reporting(progress),
        notebook=notebook,
        given=given,
        against=against,
        why=why,
        signer=signer,
    )
    result.demand_whole()
    return list(result.packs)


def review_all(
    snapshot: Snapshot,
    period: str,
    out: Path,
    *,
    entities: Sequence[str] = (),
    jobs: int = 1,
    own: Own | None = None,
    watch: Watch = lambda _board, _entry: None,
    notebook: Path = NOTEBOOK,
    given: Given | None = None,
    against: Path | None = None,
    why: str = "",
    signer: Signer | None = None,
) -> Review:
    """Make the pack of each entity's month and `out`/index.html, which shows them all.

    Default: every entity with documents in the period or candidates; candidates without an entity get a pack of their
    own. `own` maps a control id to its parameters, `given` holds decisions and sampling papers, `against` is last
    month's pack or the folder of last month's packs, `why` says why a second version is made, `signer` signs. The
    controls run once for all. A pack that is there already, whole and of the same work, is kept. A second version is
    written in the language of the pack it replaces, if `given` says no other. When an entity's notebook fails its pack
    is not made and the others are. Raises WorkbenchError for a period that is none or has no document, an unknown
    entity and a pack of other work in the way.
    """
    month = read_period(period)
    if jobs < 1:
        raise WorkbenchError(f"{jobs} jobs cannot do anything.", "give --jobs 1 or more")
    board = Board(out, jobs, watch)
    chosen, found = choose_entities(snapshot, month, entities, own or {}, board.prepare)
    demand_placed(given.papers if given else (), chosen)
    fingerprint = sha256(notebook)

    def place(entity: str | None) -> Place:
        def audit_of(replaced: Replaced | None) -> Audit:
            own_given = replace(given or Given(), replaces=replaced, against=_before(against, month, entity))
            return Audit(snapshot, month, entity, own, notebook=fingerprint, given=own_given)

        return place_of(out, f"{safe_name(entity)}-{month.text}", audit_of, why, given.language if given else "")

    places = [place(entity) for entity in chosen]
    board.add([Entry(at.target.name, at.audit.name, month.text, "kept" if at.made else "waiting") for at in places])
    todo = [at for at in places if not at.made]
    if len(todo) > 1 and found is None:
        found = run_controls(snapshot, month, own or {}, progress=board.prepare)
    try:
        with shared(todo[0].audit, found) if found and todo else NOTHING as environment:
            work = partial(_attempts, notebook=notebook, signer=signer, jobs=jobs, board=board)
            done = list(_by_language(todo, partial(work, environment={**environment, **_threads(jobs)})))
    except BaseException:
        board.stop()
        raise
    failures = {at.audit.entity: error for at, error in done if error}
    return Review(
        packs=tuple(at.target for at in places if at.audit.entity not in failures),
        kept=tuple(at.target for at in places if at.made),
        failures=failures,
    )


def _before(against: Path | None, month: Period, entity: str | None) -> Path | None:
    """The pack to compare with: the one given, or last month's of that entity in the folder given, where it has one."""
    if against is None or not against.is_dir() or (against / MANIFEST).is_file():
        return against
    name = f"{safe_name(entity)}-{(month.first - timedelta(days=1)):%Y-%m}"
    return next((path for path in (against / name, zip_of(against / name)) if path.exists()), None)


def _by_language(todo: Sequence[Place], attempts: Attempts) -> Iterator[tuple[Place, WorkbenchError | None]]:
    """Packs with what kept each from being made; those of one language together, for a process speaks one at a time."""
    for spoken in dict.fromkeys(at.audit.language for at in todo):
        own = [at for at in todo if at.audit.language == spoken]
        with speaking(spoken):
            yield from zip(own, attempts(own), strict=True)


def _attempts(
    todo: Sequence[Place],
    *,
    notebook: Path,
    signer: Signer | None,
    jobs: int,
    board: Board,
    environment: Mapping[str, str],
) -> Iterator[WorkbenchError | None]:
    """For each pack None, or the error that kept it from being made: one entity's failure does not stop the others."""

    def attempt(at: Place) -> WorkbenchError | None:
        target = at.target
        board.begin(target.name)
        try:
            with surrounded(environment, lambda what, done, parts: board.stage(target.name, what, done, parts)):
                make_pack(at.audit, target, notebook, signer)
        except WorkbenchError as error:
            stopped = isinstance(error, NotebookFailure) and error.error.startswith("KeyboardInterrupt")
            board.end(target.name, "interrupted" if stopped else "failed", error)
            return error
        board.end(target.name, "made")
        return None

    if jobs == 1:
        # In the main thread, where an interruption reaches the notebook at once.
        yield from map(attempt, todo)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(attempt, todo)


def _threads(jobs: int) -> dict[str, str]:
    """Cores dealt out to the notebooks that run at the same time, where nobody settled how many threads to take."""
    if jobs == 1 or read_settings().threads:
        return {}
    return {"WORKBENCH_THREADS": str(max(1, (os.cpu_count() or 1) // jobs))}


def _reporting(progress: Report) -> Watch:
    """The board as one line: what happens, and how many of all entities are done."""

    def watch(board: Board, entry: Entry | None) -> None:
        if entry is None:
            progress(*board.common)
        elif board.entries:
            words = f"{entry.name} {entry.stage}".strip()
            progress(words, board.finished(), len(board.entries))

    return watch


def choose_entities(
    snapshot: Snapshot, month: Period, wanted: Sequence[str], own: Own, progress: Report = quiet
) -> tuple[list[str | None], Findings | None]:
    """The entities to review, None for what belongs to no entity; and the candidates, where they had to be found."""
    database: Engine = open_engine("duckdb", snapshot.folder)
    try:
        active = documents(database, month)
        if not active:
            raise WorkbenchError(
                f"The snapshot holds no document of {month.english}.", "choose a period that it covers"
            )
        for entity in wanted:
            require_entity(database, entity)
    finally:
        database.close()
    if wanted and all(entity in active for entity in wanted):
        return list(dict.fromkeys(wanted)), None
    found = run_controls(snapshot, month, own, progress=progress)
    with_candidates = set(found.table["entity_id"].to_pylist())
    for entity in wanted:
        if entity not in active and entity not in with_candidates:
            raise WorkbenchError(
                f"Entity '{entity}' has neither document nor candidate in {month.english}.", "leave it out"
            )
    if wanted:
        return list(dict.fromkeys(wanted)), found
    chosen = [*sorted(filter(None, {*active, *with_candidates})), *([None] if None in with_candidates else [])]
    return chosen, found
