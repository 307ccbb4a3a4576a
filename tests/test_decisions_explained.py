"""Explanations: what fits a scope is suppressed until a day, everything still adds up, and each is listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.test_decisions import credit, new_store
from workbench.decisions import Decision, Explanation, Scope, Store, make_scope
from workbench.decisions.explaining import Applied, products_of, suppress_explained, tally
from workbench.decisions.scope import read_condition, read_scope
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.findings import Findings
from workbench.snapshot import Snapshot

EXPIRES = date(2026, 1, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


def explained(findings: Findings, store: Store, **more: object) -> tuple[Findings, tuple[Applied, ...]]:
    return suppress_explained(findings, store.explanations(), standings=store.standings(), **more)  # type: ignore[arg-type]


def ids(findings: Findings, **wanted: str) -> set[str]:
    rows = findings.found.to_pylist()
    return {row["finding_id"] for row in rows if all(row[name] == value for name, value in wanted.items())}


def test_what_fits_is_suppressed_with_the_code_explained_and_the_funnel_foots(findings: Findings, store: Store) -> None:
    store.explain(make_scope("ACC-01", "=C14"), EXPIRES, "Bo", "agreed")
    wanted = ids(findings, control_id="ACC-01", customer_id="=C14")
    after, (applied,) = explained(findings, store)
    assert len(wanted) == 2 and set(applied.finding_ids) == wanted
    assert ids(findings) - ids(after) == wanted
    assert applied.over == {"JPY": Decimal(100), "SGD": Decimal(100)} and applied.under == {}
    codes = {row["finding_id"]: row["suppressed_by"] for row in after.table.to_pylist()}
    assert all(codes[finding_id] == "explained" for finding_id in wanted)
    for line in after.funnel:
        assert line.candidates == sum(line.suppressed.values()) + line.findings
    assert next(line for line in after.funnel if line.control.id == "ACC-01").suppressed["explained"] == 2
    assert after.table.schema == findings.table.schema and after.table.num_rows == findings.table.num_rows


@pytest.mark.parametrize(
    ("conditions", "number"),
    [
        (("currency=SGD",), 4),
        (("currency=SGD", "impact_amount<=7"), 2),
        (("currency=SGD", "impact_amount<7"), 1),
        (("currency=SGD", "impact_amount>=7"), 3),
        (("currency=SGD", "impact_amount>7.00"), 2),
        (("currency!=SGD",), 3),
        (("direction=under_billed",), 2),
        (("event_date<2025-03-15",), 3),
        (("event_date<=2025-03-15",), 5),
        (("entity_id=SG01",), 3),
        (("entity_id!=SG01",), 3),
    ],
)
def test_every_condition_narrows_to_its_border(
    findings: Findings, store: Store, conditions: tuple[str, ...], number: int
) -> None:
    store.explain(make_scope("ACC-01", conditions=conditions), EXPIRES, "Bo", "agreed")
    _, (applied,) = explained(findings, store)
    assert len(applied.finding_ids) == number


def test_a_product_is_the_only_one_that_the_evidence_names(
    findings: Findings, small_company: Snapshot, store: Store
) -> None:
    store.explain(make_scope("ACC-01", product_id="P1"), EXPIRES, "Bo", "agreed")
    store.explain(make_scope("ACC-01", product_id="P2"), EXPIRES, "Bo", "agreed")
    _, applied = explained(findings, store, products=products_of(small_company))
    assert [len(one.finding_ids) for one in applied] == [7, 0]
    store.withdraw(1, "Bo", "")

    def two_products(rows: object) -> dict[str, frozenset[str]]:
        return dict.fromkeys(ids(findings), frozenset({"P1", "P2"}))

    _, applied = explained(findings, store, products=two_products)
    assert not any(one.finding_ids for one in applied)
    assert not any(one.finding_ids for one in explained(findings, store)[1])


def test_an_explanation_ends_on_its_day_or_when_it_is_withdrawn_and_is_listed_still(
    findings: Findings, store: Store
) -> None:
    store.explain(make_scope("ACC-01", "=C14"), EXPIRES, "Bo", "agreed")
    (explanation,) = store.explanations()
    for as_of, state in ((date(2025, 12, 31), "in force"), (EXPIRES, "expired")):
        seen = replace(findings, parameters=replace(findings.parameters, as_of=as_of))
        after, (applied,) = suppress_explained(seen, [explanation])
        assert applied.state == state
        assert bool(applied.finding_ids) == (state == "in force") == (after is not seen)
    store.withdraw(1, "Cy", "no longer")
    after, (applied,) = explained(findings, store)
    assert (applied.state, applied.finding_ids, after) == ("withdrawn", (), findings)
    assert applied.as_json()["scope"] == "ACC-01, customer =C14"


def test_a_finding_that_somebody_decided_otherwise_stays_one(findings: Findings, store: Store) -> None:
    store.explain(make_scope("ACC-01", "=C14"), EXPIRES, "Bo", "agreed")
    confirmed, opened = sorted(ids(findings, control_id="ACC-01", customer_id="=C14"))
    store.decide(credit(confirmed, amount=None, currency=None))
    store.decide(Decision(opened, "open", "Cy", remark="not this one"))
    after, (applied,) = explained(findings, store)
    assert applied.finding_ids == () and after is findings


def test_where_two_fit_the_older_counts_and_a_controls_own_code_stays(findings: Findings, store: Store) -> None:
    store.explain(make_scope("OCC-01", conditions=("entity_id=SG01",)), EXPIRES, "Bo", "first")
    store.explain(make_scope("ACC-01", conditions=("currency=SGD",)), EXPIRES, "Bo", "first")
    store.explain(make_scope("ACC-01", "=C14"), EXPIRES, "Bo", "second")
    after, applied = explained(findings, store)
    assert [len(one.finding_ids) for one in applied][1:] == [4, 1]
    own = {row["finding_id"]: row["suppressed_by"] for row in findings.table.to_pylist() if row["suppressed_by"]}
    changed = {row["finding_id"]: row["suppressed_by"] for row in after.table.to_pylist()}
    assert all(changed[finding_id] == code for finding_id, code in own.items())


def test_the_finding_that_an_explanation_began_with_is_explained_by_it(findings: Findings, store: Store) -> None:
    first = min(ids(findings, control_id="ACC-01", customer_id="=C14"))
    store.explain(make_scope("ACC-01", "=C14"), EXPIRES, "Bo", "agreed", first)
    assert store.standing(first).state == "explained"
    after, (applied,) = explained(findings, store)
    assert first in applied.finding_ids and first not in ids(after)


def test_decisions_and_open_findings_add_up_to_the_findings(findings: Findings, store: Store) -> None:
    one, two, *rest = sorted(ids(findings))
    store.decide(credit(one, amount=None, currency=None))
    store.decide(Decision(two, "accepted", "Bo", remark="small"))
    store.decide(Decision("gone", "accepted", "Bo", remark="of another month"))
    counted = tally(findings, store.standings())
    assert counted == {"open": len(rest), "confirmed": 1, "explained": 0, "accepted": 1}
    assert sum(counted.values()) == findings.found.num_rows


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"control_id": "ACC-99", "customer_id": "C1"}, "no control 'ACC-99'"),
        ({"control_id": "ACC-01"}, "would switch the control off"),
        ({"control_id": "ACC-01", "conditions": ("impact_amount<5",)}, "amounts of any currency"),
        ({"control_id": "ACC-01", "conditions": ("currency!=SGD", "impact_amount<5")}, "amounts of any currency"),
        ({"control_id": "ACC-01", "conditions": ("colour=red",)}, "no column for a condition 'colour'"),
        ({"control_id": "ACC-01", "conditions": ("reason=x",)}, "no column for a condition 'reason'"),
        ({"control_id": "ACC-01", "conditions": ("currency",)}, "is no condition"),
        ({"control_id": "ACC-01", "conditions": ("currency=",)}, "is no condition"),
        ({"control_id": "ACC-01", "conditions": ("currency<SGD",)}, "compares words by size"),
        ({"control_id": "ACC-01", "conditions": ("event_date<soon",)}, "is no date"),
        ({"control_id": "ACC-01", "conditions": ("currency=SGD", "impact_amount<five")}, "is no amount"),
    ],
)
def test_a_scope_that_says_too_little_or_nonsense_is_refused(words: dict[str, object], problem: str) -> None:
    with pytest.raises(WorkbenchError, match=problem):
        make_scope(**words)  # type: ignore[arg-type]


def test_a_scope_is_read_back_as_it_was_written() -> None:
    scope = make_scope("acc-01", "客户=1", "P 1", ("impact_amount <= 5.00", "currency=SGD", "event_date>=2025-01-01"))
    assert read_scope(scope.text) == scope
    assert scope.words == (
        "ACC-01, customer 客户=1, product P 1, currency=SGD, event_date>=2025-01-01, impact_amount<=5.00"
    )


def test_a_condition_is_not_met_by_an_empty_cell() -> None:
    assert not read_condition("currency!=SGD").holds({"currency": None})


def test_an_explanation_needs_a_reason_and_a_day_to_come(store: Store) -> None:
    scope = Scope("ACC-01", "C1")
    with pytest.raises(WorkbenchError, match="Nothing says why"):
        store.explain(scope, EXPIRES, "Bo", " ")
    with pytest.raises(WorkbenchError, match="would expire on 2025-04-02, before it holds"):
        store.explain(scope, date(2025, 4, 2), "Bo", "agreed")
    with pytest.raises(WorkbenchError, match="Entry 1 is no explanation"):
        store.withdraw(1, "Bo", "")
    with pytest.raises(UnknownNameError):
        make_scope("ACC-1", "C1")
    assert store.explanations() == ()


def test_explanations_hold_the_words_that_a_pack_lists(store: Store) -> None:
    store.explain(make_scope("ACC-01", "C1"), EXPIRES, "Bo", "agreed by mail")
    assert store.explanations() == (
        Explanation(1, Scope("ACC-01", "C1"), EXPIRES, "Bo", store.entries()[0].at, "agreed by mail"),
    )
