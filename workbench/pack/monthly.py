"""The monthly review: a pack per entity, several at a time."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench import detect
from workbench.engine import Engine, open_engine
from workbench.errors import WorkbenchError
from workbench.pack.making import make_pack, zip_of
from workbench.pack.scope import Period, documents, read_period, require_entity, safe_name
from workbench.pack.work import NOTEBOOK, Audit
from workbench.progress import Report
from workbench.snapshot import Snapshot, sha256

Own = Mapping[str, Mapping[str, object]]


def review(
    snapshot: Snapshot,
    period: str,
    out: Path,
    *,
    entities: Sequence[str] = (),
    jobs: int = 1,
    own: Own | None = None,
    progress: Report = lambda _what, _done, _all: None,
    notebook: Path = NOTEBOOK,
) -> list[Path]:
    """Make a pack, a folder and its zip, for each entity's month; the folders in order of the entities.

    Default: every entity with documents in the period or candidates; candidates without an entity get a pack of their
    own. `own` maps a control id to its parameters. When an entity's notebook fails its pack is not made, the others
    are, and the error at the end names them. Raises WorkbenchError for a period that is none or has no document, an
    unknown entity and a pack that exists.
    """
    month = read_period(period)
    if jobs < 1:
        raise WorkbenchError(f"{jobs} jobs cannot do anything.", "give --jobs 1 or more")
    chosen = choose_entities(snapshot, month, entities, own or {}, progress)
    targets = [out / f"{safe_name(entity)}-{month.text}" for entity in chosen]
    for target in targets:
        for taken in (target, zip_of(target)):
            if taken.exists():
                raise WorkbenchError(
                    f"'{taken}' exists already and a pack is never overwritten.", "choose another --out"
                )
    audits = [Audit(snapshot, month, entity, own, notebook=sha256(notebook)) for entity in chosen]
    done = []
    for place, result in enumerate(_attempts(audits, targets, notebook, jobs)):
        progress(targets[place].name, place + 1, len(targets))
        done.append(result)
    _raise_failures(chosen, done)
    return [result for result in done if isinstance(result, Path)]


def _attempts(
    audits: Sequence[Audit], targets: Sequence[Path], notebook: Path, jobs: int
) -> Iterator[Path | WorkbenchError]:
    """Each pack, or the error that kept it from being made: one entity's failure does not stop the others."""

    def attempt(audit: Audit, target: Path) -> Path | WorkbenchError:
        try:
            return make_pack(audit, target, notebook)
        except WorkbenchError as error:
            return error

    if jobs == 1:
        # In the main thread, where an interruption reaches the notebook at once.
        yield from map(attempt, audits, targets)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(attempt, audits, targets)


def choose_entities(
    snapshot: Snapshot, month: Period, wanted: Sequence[str], own: Own, progress: Report
) -> list[str | None]:
    """The entities to review; None stands for what belongs to no entity."""
    database: Engine = open_engine("duckdb", snapshot.folder)
    try:
        active = documents(database, month)
        if not active:
            raise WorkbenchError(f"The snapshot holds no document of {month.words}.", "choose a period that it covers")
        for entity in wanted:
            require_entity(database, entity)
    finally:
        database.close()
    if wanted and all(entity in active for entity in wanted):
        return list(dict.fromkeys(wanted))
    result = detect.run(
        snapshot, from_date=month.first, to_date=month.end, as_of=month.end, own=own, open_from=True, progress=progress
    )
    with_candidates = set(result.table["entity_id"].to_pylist())
    for entity in wanted:
        if entity not in active and entity not in with_candidates:
            raise WorkbenchError(
                f"Entity '{entity}' has neither document nor candidate in {month.words}.", "leave it out"
            )
    if wanted:
        return list(dict.fromkeys(wanted))
    return [*sorted(filter(None, {*active, *with_candidates})), *([None] if None in with_candidates else [])]


def _raise_failures(chosen: Sequence[str | None], done: Sequence[Path | WorkbenchError]) -> None:
    failed = {entity: result for entity, result in zip(chosen, done, strict=True) if isinstance(result, WorkbenchError)}
    if not failed:
        return
    made = len(done) - len(failed)
    first = next(iter(failed.values()))
    again = " ".join(f"--entity {shlex.quote(entity)}" for entity in failed if entity)
    words = "\n".join(error.problem for error in failed.values())
    raise WorkbenchError(
        f"{len(failed)} of {len(done)} packs could not be made, {made} were: {words}",
        f"{first.fix}; then again with {again}" if again else first.fix,
    )
