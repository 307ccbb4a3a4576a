"""A pack without its notebook: parameters, decisions, a record of the run, manifest, signature and zip."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.decided_company import decided
from tests.pack_company import PERIOD, PLAIN, make_snapshot
from workbench.pack import verify_standalone
from workbench.pack.deciding import decisions_document
from workbench.pack.earlier import Replaced, zip_of
from workbench.pack.given import Given
from workbench.pack.keys.signing import Signer
from workbench.pack.making import add_manifest
from workbench.pack.scope import read_period
from workbench.pack.work import Audit
from workbench.pack.zipping import write_zip
from workbench.snapshot import canonical_json


def audit_of(place: Path, replaces: Replaced | None = None) -> Audit:
    """The month of the small company with its decisions."""
    snapshot = make_snapshot(place / "snapshot")
    given = Given(decided=decided(place / "store"), replaces=replaces)
    return Audit(snapshot, read_period(PERIOD), PLAIN, given=given)


def make_small(audit: Audit, target: Path, signer: Signer | None = None, finished: str = "2025-04-02T10:00:00") -> Path:
    """Write it as a folder and a zip."""
    (target / "deep").mkdir(parents=True)
    (target / "parameters.json").write_text(audit.text, encoding="utf-8")
    (target / "decisions.json").write_text(canonical_json(decisions_document(audit)), encoding="utf-8")
    (target / "run.json").write_text(canonical_json({"finished": finished}), encoding="utf-8")
    (target / "deep" / "note.txt").write_text("a note\n", encoding="utf-8")
    shutil.copyfile(verify_standalone.__file__, target / "verify.py")
    add_manifest(audit, target, signer)
    write_zip(target, target.name, zip_of(target))
    return target
