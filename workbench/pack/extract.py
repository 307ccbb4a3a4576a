"""The log of information produced by the company: what was read to make the snapshot, row by row accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.findings import evidence_keys
from workbench.language import mark
from workbench.snapshot import Snapshot


@dataclass(frozen=True)
class Load:
    """Rows of one input or of one table: where they came from, its SHA-256; None where the log does not say."""

    table: str
    source: str
    sha256: str
    read: int | None
    accepted: int | None
    rejected: int | None


def files_of(snapshot: Snapshot) -> list[Load]:
    """Every file or sheet that was read, as sources.json says; empty where the snapshot came without a log."""
    entries = [entry for entry in snapshot.sources.get("files", []) if isinstance(entry, dict)]
    return [_load(str(entry.get("table") or ""), entry) for entry in entries]


def tables_of(snapshot: Snapshot) -> list[Load]:
    """The account of every table: rows read, accepted and rejected over all its inputs."""
    return [_load(name, entry) for name, entry in sorted(snapshot.sources.get("tables", {}).items())]


def totals_of(snapshot: Snapshot) -> list[tuple[str, str, str, Decimal]]:
    """Control totals: table, money column, currency and sum, as they were taken when the snapshot was loaded."""
    return [
        (name, column, currency, Decimal(amount))
        for name, entry in sorted(snapshot.sources.get("tables", {}).items())
        for column, sums in sorted(entry.get("sums", {}).items())
        for currency, amount in sorted(sums.items())
    ]


def dates_of(snapshot: Snapshot) -> list[tuple[str, str, str, str]]:
    """First and last day of every date column of every table, as they were taken when the snapshot was loaded."""
    return [
        (name, column, str(days[0]), str(days[1]))
        for name, entry in sorted(snapshot.sources.get("tables", {}).items())
        for column, days in sorted(entry.get("dates", {}).items())
    ]


def loading_of(snapshot: Snapshot) -> list[tuple[str, str]]:
    """From which system the snapshot was loaded, when, by whom, with which release, and what was filtered out."""
    log = snapshot.sources
    filters = {str(entry.get("filters") or "") for entry in log.get("files", []) if isinstance(entry, dict)}
    told = [
        (mark("System"), log.get("system")),
        (mark("Loaded"), log.get("loaded_at")),
        (mark("By {value}"), log.get("user")),
        (mark("With release"), log.get("version")),
        (mark("Filters"), "; ".join(sorted(filter(None, filters)))),
    ]
    return [(name, str(value)) for name, value in told if value]


def cited(evidence: str) -> list[tuple[str, list[str]]]:
    """Tables and keys that a finding's evidence names; tables that it names no key of are left out."""
    return [(table, keys) for table, keys in evidence_keys(evidence).items() if keys]


def _load(table: str, entry: Mapping[str, Any]) -> Load:
    read, accepted, rejected = (_count(entry.get(name)) for name in ("read", "accepted", "rejected"))
    source = " ".join(str(entry[name]) for name in ("name", "sheet") if entry.get(name))
    return Load(table, source, str(entry.get("sha256") or ""), read, accepted, rejected)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
