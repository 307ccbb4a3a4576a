"""Why: a planted cause comes out first, a decoy does not, and what is as frequent outside explains nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.planted_company import changed, picked, rows
from tests.test_causes import line, priced, shop
from workbench.causes import Why, causes
from workbench.detect import run
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.snapshot import Snapshot, open_snapshot

CONTROLS = ("ACC-02", "ACC-03", "ACC-06")
SEEDS = [1, pytest.param(2, marks=pytest.mark.prove), pytest.param(3, marks=pytest.mark.prove)]
BILLED = """
    select line.product_id, strftime(document.invoice_date, '%Y-%m') as month, document.currency, document.created_by
    from invoice_lines as line inner join invoices as document using (invoice_id)
    where document.kind = 'invoice' and line.net_amount > 20
"""
OFF = """
    select line.* replace (
        case when {where} then line.net_amount * 3 else line.net_amount end as net_amount,
        case when {where} then line.tax_amount * 3 else line.tax_amount end as tax_amount
    )
    from invoice_lines as line inner join invoices as document using (invoice_id)
"""


def why(snapshot: Snapshot, ids: tuple[str, ...] = CONTROLS) -> Why:
    findings = run(snapshot, ids=ids)
    return causes(findings, snapshot).why()


def first(found: Why, currency: str) -> set[str]:
    """The conditions of the first explanation of what is over- or under-billed in a currency, and what is the same."""
    scopes = [scope for scope in found.scopes if scope.currency == currency and scope.explanations]
    best = max(scopes, key=lambda scope: abs(scope.explanations[0].money)).explanations[0]
    return {f"{each.attribute}={each.value}" for each in (*best.conditions, *best.same)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_price_list_row_that_is_off_comes_first(seed: int, tmp_path: Path) -> None:
    price = picked(
        seed,
        f"""select price.price_id from price_list as price inner join ({BILLED}) as billed
        on price.product_id = billed.product_id and price.currency = billed.currency
        and billed.month >= strftime(price.valid_from, '%Y-%m')
        and billed.month <= coalesce(strftime(price.valid_to, '%Y-%m'), '9')
        where price.customer_id is null and price.segment is null and price.min_quantity = 0
        group by price.price_id having count(*) > 20 order by price.price_id""",
    )
    ((currency,),) = rows(f"select currency from price_list where price_id = '{price}'")
    off = f"select * replace (case when price_id = '{price}' then unit_price * 2 else unit_price end as unit_price)"
    found = why(changed(tmp_path / "s", price_list=f"{off} from price_list"))
    assert f"price_list={price}" in first(found, currency)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_user_who_bills_wrongly_comes_first_though_one_finding_is_larger_than_all(seed: int, tmp_path: Path) -> None:
    user = picked(
        seed,
        f"select created_by from ({BILLED}) where created_by <> 'U-SYSTEM' group by created_by "
        "having count(*) >= 8 order by created_by",
    )
    ((currency,),) = rows(f"select currency from ({BILLED}) where created_by = '{user}' group by 1 order by count(*)")
    where = f"document.created_by = '{user}'"
    decoy = f"""(
        select max(other.invoice_line_id) from invoice_lines as other inner join invoices as head using (invoice_id)
        where head.currency = '{currency}' and head.kind = 'invoice' and head.created_by <> '{user}')"""
    lines = OFF.format(where=where).replace(
        "line.net_amount * 3 else", f"line.net_amount * 3 when line.invoice_line_id = {decoy} then 9000000 else"
    )
    found = why(changed(tmp_path / "s", invoice_lines=lines))
    assert f"invoices.created_by={user}" in first(found, currency)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_product_in_one_month_comes_first_as_two_conditions(seed: int, tmp_path: Path) -> None:
    named = picked(
        seed,
        f"select product_id || '/' || month || '/' || currency from ({BILLED}) group by product_id, month, currency "
        "having count(*) between 8 and 20 order by 1",
    )
    product, month, currency = named.split("/")
    where = f"line.product_id = '{product}' and strftime(document.invoice_date, '%Y-%m') = '{month}'"
    found = why(changed(tmp_path / "s", invoice_lines=OFF.format(where=where)))
    assert {f"product_id={product}", f"month={month}"} <= first(found, currency)


def test_a_customer_who_merely_buys_most_explains_nothing(tmp_path: Path) -> None:
    large = [line("C1", f"P{number}", "10.00") for number in range(60)]
    small = [line(f"C{number}", f"P{number}", "10.00") for number in range(2, 42)]
    wrong = [line("C1", f"Q{number}", f"{number}00.00") for number in range(2, 8)]
    wrong += [line(f"C{number}", f"Q{number}", f"{number}7.00") for number in range(2, 6)]
    snapshot = shop(tmp_path / "s", large + small + wrong)
    found = causes(priced(snapshot), snapshot).why()
    assert found.explanations == []
    assert "nothing in common" in found._repr_html_()


def test_shares_lift_and_what_remains_add_up(tmp_path: Path) -> None:
    lines = [line("C1", f"P{number}", "12.00") for number in range(8)]
    lines += [line(f"C{number}", f"Q{number}", "11.00") for number in range(2, 6)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 90)]
    snapshot = shop(tmp_path / "s", lines)
    (scope,) = causes(priced(snapshot), snapshot).why().scopes
    (best,) = scope.explanations
    assert best.words == "customer C1"
    assert (best.findings, best.money, best.left, best.left_findings) == (8, Decimal(16), Decimal(4), 4)
    assert best.money + best.left == scope.money
    assert (best.money_share, best.examined_share, best.lift) == (0.8, 0.08, pytest.approx(8 / (12 * 0.08)))
    assert best.controls == (("ACC-03", 8),)


def test_four_findings_are_too_few(tmp_path: Path) -> None:
    lines = [line("C1", f"P{number}", "12.00") for number in range(4)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 60)]
    snapshot = shop(tmp_path / "s", lines)
    found = causes(priced(snapshot), snapshot).why()
    assert found.explanations == []
    assert "fewer than 5 findings" in found._repr_html_()


def test_an_explanation_is_a_view_of_the_explorer_and_a_line_of_code(tmp_path: Path) -> None:
    lines = [line("<b>C1</b>", f"P{number}", "12.00") for number in range(8)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 60)]
    snapshot = shop(tmp_path / "s", lines)
    findings = priced(snapshot)
    found = causes(findings, snapshot).why("acc-03")
    assert found.view(1)["facets"] == {
        "direction": ["over_billed"], "currency": ["SGD"], "customer": ["<b>C1</b>"], "control": ["ACC-03"],
    }  # fmt: skip
    assert found.code(1).startswith("wb.explore(findings, books, view={")
    assert "<b>C1" not in found._repr_html_() and "&lt;b&gt;C1" in found._repr_html_()
    with pytest.raises(UnknownNameError, match="explanation '7'"):
        found.view(7)
    with pytest.raises(UnknownNameError, match="control 'ACC-99'"):
        causes(findings, snapshot).why("ACC-99")


@pytest.mark.prove
def test_what_no_facet_says_is_a_view_of_the_findings_themselves(tmp_path: Path) -> None:
    user = picked(
        1,
        f"select created_by from ({BILLED}) where created_by <> 'U-SYSTEM' group by 1 having count(*) >= 8 order by 1",
    )
    snapshot = changed(tmp_path / "s", invoice_lines=OFF.format(where=f"document.created_by = '{user}'"))
    found = why(snapshot, ("ACC-02",))
    number, (_, best) = next(
        (number, pair) for number, pair in enumerate(found.explanations, 1) if "entered by" in pair[1].words
    )
    assert found.view(number)["findings"] == list(best.finding_ids)
    assert found.code(number) == f"wb.explore(findings, books, view=why.view({number}))"
    picture = found.pareto(direction=found.explanations[number - 1][0].direction)
    assert "entered by" in picture.html and picture.figure["layout"]["yaxis"]["title"]["text"] in {"SGD", "JPY", "KWD"}


def test_nothing_found_is_nothing_to_explain(tmp_path: Path) -> None:
    snapshot = shop(tmp_path / "s", [line("C1", "P1", "10.00")])
    found = causes(priced(snapshot), snapshot)
    assert found.why().scopes == ()
    assert "nothing to explain" in found.why()._repr_html_()
    for picture in (found.heat(), found.trend()):
        assert "no finding" in picture.html
    with pytest.raises(UnknownNameError, match="no finding"):
        found.why().scope()


def test_a_click_shows_the_findings_of_a_line_in_the_explorer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    monkeypatch.setenv("WORKBENCH_WORKSPACE", str(tmp_path / "w"))
    from workbench.widgets import explore

    lines = [line("C1", f"P{number}", "12.00") for number in range(8)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 60)]
    snapshot = shop(tmp_path / "s", lines)
    findings = priced(snapshot)
    investigation = explore(findings, snapshot)
    clicks = causes(findings, snapshot).why().to(investigation)
    clicks.buttons.picked = 1
    assert tuple(investigation.view.facets["customer"]) == ("C1",)
    assert clicks.buttons.said.startswith("wb.explore(")
    clicks.buttons.picked = 9
    assert "There is no explanation '9'" in clicks.buttons.said


@pytest.mark.prove
def test_a_heat_table_and_a_trend_hold_the_money_and_the_marks(tmp_path: Path) -> None:
    price = picked(
        1, "select price_id from price_list where valid_from between '2024-02-01' and '2025-11-01' order by 1"
    )
    ((product, currency, month),) = rows(
        f"select product_id, currency, strftime(valid_from, '%Y-%m') from price_list where price_id = '{price}'"
    )
    snapshot = open_snapshot(changed(tmp_path / "s").folder)
    findings = run(snapshot, ids=CONTROLS)
    found = causes(findings, snapshot)
    heat = found.heat("product", "month", currency=currency)
    assert product.startswith("P") and "heatmap" in str(heat.figure["data"][0]["type"])
    assert "no product" in heat.html or "P0" in heat.html
    trend = found.trend(currency=currency)
    assert ("prices:" in trend.html) == (month in trend.html or "prices:" in trend.html)
    assert "people:" in trend.html and trend.figure["layout"]["xaxis"]["title"]["text"] == "month"
    with pytest.raises(UnknownNameError, match="attribute of these findings"):
        found.heat("colour")


def test_a_batch_run_shows_html_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line("C1", f"P{number}", "12.00") for number in range(8)]
    lines += [line(f"C{number}", "P9", "10.00") for number in range(2, 60)]
    snapshot = shop(tmp_path / "s", lines)
    found = causes(priced(snapshot), snapshot)
    monkeypatch.delenv("WORKBENCH_MODE", raising=False)
    assert set(found.trend()._repr_mimebundle_()) == {"text/plain", "text/html", "application/vnd.plotly.v1+json"}
    monkeypatch.setenv("WORKBENCH_MODE", "batch")
    assert set(found.trend()._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert isinstance(found.why().to(None), Why)


def test_causes_without_their_findings_say_so() -> None:
    from workbench.causes import Causes

    with pytest.raises(WorkbenchError, match="do not know their findings"):
        Causes((), {}).why()
