"""Decisions and a sampling paper for the company of tests/pack_company.py, the same on every day."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from tests.pack_company import PERIOD, PLAIN
from tests.test_decisions import AUTHORITY, Clock, new_store
from workbench.decisions import Decision, Store, make_scope
from workbench.decisions.sheet import finding_id_of
from workbench.pack.decided import Decided
from workbench.pack.given import Given
from workbench.pack.papers import read_papers
from workbench.sampling import sample_evaluate, sample_population, sample_select
from workbench.snapshot import Snapshot

OVER = finding_id_of("ACC-01", "invoices", "A-14")
UNDER = finding_id_of("ACC-01", "invoices", "A-15")
MISSING = finding_id_of("COM-05", "invoices", "SG01/S")
CASH = finding_id_of("VAL-01", "receipts", "A-R1")
ELSEWHERE = finding_id_of("ACC-01", "invoices", "=B-14")
REMARK = '=HYPERLINK("http://x") <script>alert(3)</script>'


def decide(store: Store) -> None:
    """One finding approved and overdue, one that waits, one explained by its scope, one of another entity."""
    proposed = store.decide(
        Decision(
            OVER, "confirmed", "U1", remedy="credit", amount=Decimal("100.00"), currency="SGD",
            root_cause="billing_run", owner="U5", due_on=date(2025, 3, 20), remark=REMARK,
        )
    )  # fmt: skip
    store.approve(OVER, "U2", AUTHORITY, proposed.number)
    store.decide(
        Decision(
            UNDER, "confirmed", "U1", remedy="rebill", amount=Decimal("10001.00"), currency="SGD",
            root_cause="manual_entry", owner="U5", due_on=date(2025, 6, 1),
        )
    )  # fmt: skip
    store.decide(Decision(ELSEWHERE, "accepted", "U2", remark="not of this entity"))
    store.explain(make_scope("VAL-01", "C1", conditions=("currency=SGD",)), date(2026, 1, 1), "U2", "kept by agreement")
    store.explain(make_scope("COM-05", conditions=("entity_id=SG01",)), date(2025, 4, 1), "U2", "held until April")
    store.explain(make_scope("ACC-01", "=C15"), date(2026, 1, 1), "U2", "a torn form")
    store.withdraw(7, "U1", "the form was found")


def decided(folder: Path) -> Decided:
    """The same entries on every day, under a store id that is no chance."""
    clock = Clock()
    clock.now = datetime(2025, 3, 25, 9, 0, tzinfo=UTC)
    store = new_store(folder, clock)
    try:
        decide(store)
        return Decided("0" * 32, tuple(store.entries()))
    finally:
        store.close()


def paper(snapshot: Snapshot, folder: Path) -> Path:
    """An evaluated sampling paper of the entity's month."""
    population = sample_population(snapshot, table="invoices", period=PERIOD, entity=PLAIN, currency="SGD")
    sample_select(population, method="mus", tolerable="60000", expected="600", seed=7, out=folder)
    with (folder / "sample.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["audited_value"] = row["book_value"]
    with (folder / "sample.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    sample_evaluate(folder)
    return folder


def given(snapshot: Snapshot, folder: Path) -> Given:
    """Both together."""
    return Given(decided=decided(folder / "store"), papers=read_papers([paper(snapshot, folder / "paper")], PERIOD))
