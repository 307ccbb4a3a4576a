"""One run of the controls for all entities of a review: its candidates, kept aside and proved before they are used."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench import detect
from workbench.controls import Readiness, readiness
from workbench.errors import WorkbenchError
from workbench.findings import COLUMNS, Findings, Funnel, Parameters, count
from workbench.progress import Report, quiet
from workbench.snapshot import Snapshot, canonical_json, digest, sha256

if TYPE_CHECKING:
    from workbench.pack.scope import Period
    from workbench.pack.work import Audit

FOLDER, PROOF = "WORKBENCH_CANDIDATES", "WORKBENCH_CANDIDATES_SHA256"
TABLE, WORDS = "candidates.parquet", "candidates.json"
# All that decides which candidates there are; the entity, the notebook and the screens do not.
DECIDES = (
    "snapshot", "from_date", "to_date", "as_of", "standing_controls_from", "controls", "shared", "workbench",
)  # fmt: skip
Own = Mapping[str, Mapping[str, object]]


def key_of(audit: Audit) -> str:
    """SHA-256 of all that decides the candidates of an audit: snapshot, dates, controls, their parameters and code."""
    return digest({name: audit.fixed[name] for name in DECIDES})


def candidates(audit: Audit) -> Findings:
    """Every candidate of every entity for an audit's month: those that its review shares, or the controls run here.

    What is shared is used when its bytes are those that the review wrote, and when snapshot, dates, controls,
    parameters and code are those of this audit. Raises WorkbenchError where they are not.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return run_controls(audit.snapshot, audit.period, audit.own)
    return _read(audit, Path(folder), os.environ.get(PROOF, ""))


def run_controls(
    snapshot: Snapshot, period: Period, own: Own, ids: tuple[str, ...] = (), progress: Report = quiet
) -> Findings:
    """Candidates of a month as a review asks for them: standing controls look at everything up to its end."""
    wanted = {name: values for name, values in own.items() if not ids or name in ids}
    return detect.run(
        snapshot,
        ids=ids,
        from_date=period.first,
        to_date=period.end,
        as_of=period.end,
        own=wanted,
        open_from=True,
        progress=progress,
    )


@contextmanager
def shared(audit: Audit, findings: Findings) -> Iterator[dict[str, str]]:
    """Keep candidates aside for the notebooks of a review; yields the environment that tells a kernel where."""
    with TemporaryDirectory(prefix="wb-candidates-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        pq.write_table(findings.table, folder / TABLE, compression="zstd")
        words = {
            "key": key_of(audit),
            "candidates": sha256(folder / TABLE),
            "examined": {line.control.id: line.examined for line in findings.funnel},
            "failed": {state.control.id: list(state.missing) for state in findings.not_run if state.state == "failed"},
        }
        (folder / WORDS).write_text(canonical_json(words), encoding="utf-8")
        yield {FOLDER: place, PROOF: sha256(folder / WORDS)}


def _read(audit: Audit, folder: Path, proof: str) -> Findings:
    words = _proved(folder, proof)
    if words["key"] != key_of(audit):
        raise WorkbenchError(
            "The candidates that this review shares belong to another snapshot, period, code or other parameters.",
            "start the review again with nothing changing meanwhile",
        )
    table = pq.read_table(folder / TABLE)
    if not table.schema.equals(COLUMNS):
        raise WorkbenchError("The candidates that this review shares have other columns.", "start the review again")
    failed = {name: tuple(problems) for name, problems in words["failed"].items()}
    states = [readiness(control, audit.snapshot) for control in audit.controls]
    not_run = [state for state in states if state.state == "not run"]
    not_run += [
        Readiness(state.control, "failed", failed[state.control.id]) for state in states if state.control.id in failed
    ]
    return Findings(
        table=table,
        parameters=Parameters(
            audit.period.first,
            audit.period.end,
            audit.period.end,
            {control.id: audit.fixed["controls"][control.id]["parameters"] for control in audit.controls},
        ),
        funnel=tuple(_funnel(audit, table, words["examined"])),
        not_run=tuple(not_run),
        partly=tuple(state for state in states if state.state == "partly" and state.control.id not in failed),
    )


def _funnel(audit: Audit, table: pa.Table, examined: Mapping[str, int]) -> Iterator[Funnel]:
    for control in audit.controls:
        if control.id in examined:
            yield count(control, examined[control.id], table)


def _proved(folder: Path, proof: str) -> dict[str, Any]:
    """What stands beside the candidates, when both files are byte for byte what the review wrote."""
    try:
        if sha256(folder / WORDS) == proof:
            words: dict[str, Any] = json.loads((folder / WORDS).read_text(encoding="utf-8"))
            if sha256(folder / TABLE) == words["candidates"]:
                return words
    except OSError as error:
        problem = f"The candidates that this review shares cannot be read: {error.strerror}."
        raise WorkbenchError(problem, "start the review again") from error
    raise WorkbenchError("The candidates that this review shares were changed after they were found.", "start it again")
