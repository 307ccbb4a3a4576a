"""A pack made in this process without its notebook: parameters, inputs, candidates, funnel, record, manifest, zip."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from tests.pack_company import PERIOD, PLAIN
from workbench.findings import write
from workbench.pack import making
from workbench.pack.earlier import zip_of
from workbench.pack.given import Given
from workbench.pack.scope import read_period
from workbench.pack.verify_standalone import canonical, digest_of, reproducible_of
from workbench.pack.work import Audit
from workbench.pack.workpaper import funnel_json
from workbench.pack.zipping import write_zip
from workbench.snapshot import MANIFEST, Snapshot, canonical_json, manifest_of, open_snapshot, sha256, write_manifest


def audit_of(
    snapshot: Snapshot,
    period: str = PERIOD,
    entity: str | None = PLAIN,
    own: Mapping[str, Mapping[str, object]] | None = None,
    given: Given | None = None,
) -> Audit:
    return Audit(snapshot, read_period(period), entity, own, given=given)


def quick_pack(audit: Audit, target: Path) -> Path:
    target.mkdir(parents=True)
    (target / "parameters.json").write_text(audit.text, encoding="utf-8")
    making._add_inputs(audit, target)
    write(audit.findings.table, target / "findings.parquet")
    (target / "funnel.json").write_text(canonical_json(funnel_json(audit)), encoding="utf-8")
    (target / "run.json").write_text(canonical_json({"snapshot_folder": str(audit.snapshot.folder)}), encoding="utf-8")
    making.add_manifest(audit, target, None)
    write_zip(target, target.name, zip_of(target))
    return target


def forge(pack: Path, changes: Mapping[str, Callable[[Path], None]]) -> Path:
    """Change files of a pack and hash everything anew, as somebody would who wants it to verify."""
    for name, change in changes.items():
        change(pack / name)
    manifest = json.loads((pack / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"] = manifest_of(pack)
    manifest["pack_id"] = sha256(pack / "parameters.json")
    manifest["reproducible"] = reproducible_of(manifest["files"])
    (pack / MANIFEST).write_bytes(canonical({**manifest, "digest": digest_of(manifest)}))
    return pack


def changed(snapshot: Snapshot, target: Path, *statements: str) -> Snapshot:
    """Another snapshot of the same company after SQL on its tables, which are named as they are."""
    target.mkdir(parents=True)
    with duckdb.connect() as database:
        for file in sorted(snapshot.folder.glob("*.parquet")):
            database.execute(f"create table \"{file.stem}\" as select * from '{file}'")
        for statement in statements:
            database.execute(statement)
        for (name,) in database.execute("select table_name from duckdb_tables()").fetchall():
            database.execute(f"copy \"{name}\" to '{target / name}.parquet'")
    write_manifest(target)
    return open_snapshot(target)
