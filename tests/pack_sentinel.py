"""The sentinel: what a small frozen pack says, figure by figure, and what is to be done when one changes.

python -m tests.pack_sentinel    writes the figures as they are now
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.decided_company import decided
from tests.pack_company import PERIOD, PLAIN, make_snapshot
from workbench.pack.given import Given
from workbench.pack.scope import EVERY, read_period
from workbench.pack.work import Audit
from workbench.pack.workpaper import Workpaper
from workbench.snapshot import canonical_json, sha256

FOLDER = Path(__file__).with_name("sentinel")
SCOPES = {"one_entity": PLAIN, "every_entity": EVERY}
# Files without the pack's id in them, which changes with any text of any control.
FILES = ("findings.parquet", "funnel.json", "decisions.json")


def figures(scope: str, place: Path) -> dict[str, Any]:
    """Counts, amounts, states, identities and hashes of a frozen pack, each under a name in words."""
    snapshot = make_snapshot(place / "snapshot")
    pack = place / "pack"
    pack.mkdir()
    # No sampling paper: it names the Python that drew it.
    rests_on = Given(decided=decided(place / "store"))
    audit = Audit(snapshot, read_period(PERIOD), SCOPES[scope], given=rests_on, folder=pack)
    (pack / "parameters.json").write_text(audit.text, encoding="utf-8")
    Workpaper(audit).save()
    told = json.loads((pack / "funnel.json").read_text(encoding="utf-8"))
    found = {f"SHA-256 of {name}": sha256(pack / name) for name in FILES}
    found |= dict(_counts(told))
    found |= {f"finding {row['finding_id']}": _row(row) for row in audit.findings.table.to_pylist()}
    left = json.loads((pack / "decisions.json").read_text(encoding="utf-8"))
    return found | {f"decisions: {name}": value for name, value in sorted(left["findings"]["states"].items())}


def _counts(told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for control, line in sorted(told["controls"].items()):
        for name in ("examined", "candidates", "findings"):
            yield f"{control}: {name}", line[name]
        for code, count in sorted(line["suppressed"].items()):
            yield f"{control}: suppressed as {code}", count
        for part in line["money"]:
            yield f"{control}: {part['direction']} {part['currency'] or '(none)'}", part["amount"]
    for name, count in sorted(told["totals"].items()):
        yield f"all: {name}", count
    for entry in told["identities"]:
        yield f"identity: {entry['name']}", f"{entry['left']} | {entry['right']} | {entry['state']}"


def _row(row: dict[str, Any]) -> str:
    cells = json.dumps(row, default=str, sort_keys=True, ensure_ascii=False)
    words = f"{row['control_id']} {row['subject_id']} {row['impact_amount']} {row['suppressed_by'] or 'found'}"
    return f"{words}, {hashlib.sha256(cells.encode()).hexdigest()[:16]}"


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Every figure that is another one, before and after."""
    names = [*before, *(name for name in now if name not in before)]
    return [
        f"{name}: {before.get(name, 'not there')} -> {now.get(name, 'not there')}"
        for name in names
        if before.get(name) != now.get(name)
    ]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for scope in SCOPES:
        with tempfile.TemporaryDirectory() as place:
            text = canonical_json(figures(scope, Path(place)))
        (FOLDER / f"{scope}.json").write_text(text, encoding="utf-8")
