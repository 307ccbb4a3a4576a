"""The x-ray of a document: every part is there, whatever is missing, hostile or large."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tests.synthetic import HOSTILE
from workbench.errors import WorkbenchError
from workbench.findings import COLUMNS, Findings, Parameters
from workbench.schema import SQL_TYPES, tables
from workbench.snapshot import open_snapshot
from workbench.xray import Books, Xray, xray
from workbench.xray.books import _OPEN, opened

TYPES = {
    "id": pa.string(), "text": pa.string(), "bool": pa.bool_(), "date": pa.date32(), "time": pa.timestamp("us"),
    "money": pa.decimal128(18, 4), "price": pa.decimal128(18, 8), "quantity": pa.decimal128(18, 6),
    "rate": pa.decimal128(18, 8), "int": pa.int64(),
}  # fmt: skip
Rows = dict[str, list[dict[str, Any]]]
DAY = date(2025, 6, 30)
CHAIN = yaml.safe_load(
    """
entities: [{entity_id: E1, name: Merlion, country: SG, currency: SGD}]
customers:
  - {customer_id: C1, entity_id: E1, name: Aurora, status: active, segment: retail, currency: SGD, credit_limit: 500}
  - {customer_id: C2, entity_id: E1, parent_id: C1, name: Aurora East, status: suspended, currency: SGD}
users:
  - {user_id: U1, name: Ann, role: clerk, kind: person}
  - {user_id: U2, name: Bo, role: lead, kind: person, active_to: 2025-04-01}
approval_limits: [{role: lead, action: write_off, currency: SGD, max_amount: 5}]
products: [{product_id: P1, name: Bolt}, {product_id: P2, name: Hose}]
price_list:
  - {price_id: PL1, product_id: P1, currency: SGD, unit_price: 10, valid_from: 2025-01-01}
  - {price_id: PL2, product_id: P1, currency: SGD, segment: retail, unit_price: 9, valid_from: 2025-01-01}
  - {price_id: PL3, product_id: P1, currency: SGD, segment: public, unit_price: 8, valid_from: 2025-01-01}
contracts:
  - {contract_id: K1, entity_id: E1, customer_id: C1, currency: SGD, starts_on: 2025-01-01, status: active}
contract_lines:
  - {contract_line_id: KL1, contract_id: K1, product_id: P2, charge_type: recurring, pricing_model: flat,
     unit_price: 30, starts_on: 2025-01-01}
orders: [{order_id: O1, entity_id: E1, customer_id: C1, order_date: 2025-03-01, currency: SGD, status: open}]
order_lines: [{order_line_id: OL1, order_id: O1, line_number: 1, product_id: P1, quantity: 12, unit_price: 9}]
deliveries:
  - {delivery_id: D1, entity_id: E1, customer_id: C1, order_id: O1, kind: sale, status: delivered,
     shipped_on: 2025-03-03, delivered_on: 2025-03-05}
  - {delivery_id: D2, entity_id: E1, customer_id: C1, order_id: O1, kind: return, status: delivered,
     delivered_on: 2025-03-09}
delivery_lines:
  - {delivery_line_id: DL1, delivery_id: D1, order_line_id: OL1, product_id: P1, quantity: 10}
  - {delivery_line_id: DL2, delivery_id: D2, order_line_id: OL1, product_id: P1, quantity: -1}
invoices:
  - {invoice_id: I1, invoice_number: N-1, kind: invoice, entity_id: E1, customer_id: C1, contract_id: K1,
     invoice_date: 2025-03-06, due_date: 2025-04-05, posted_on: 2025-03-08, currency: SGD, net_amount: 130,
     tax_amount: 13, gross_amount: 143, status: issued, created_by: U1, created_at: 2025-03-06 09:00:00}
  - {invoice_id: I2, invoice_number: N-2, kind: invoice, entity_id: E1, customer_id: C1, invoice_date: 2025-03-20,
     currency: SGD, net_amount: 18, tax_amount: 0, gross_amount: 18, status: issued}
  - {invoice_id: CM1, invoice_number: N-3, kind: credit_memo, entity_id: E1, customer_id: C1,
     invoice_date: 2025-04-10, currency: SGD, net_amount: -10, tax_amount: 0, gross_amount: -10, status: issued,
     original_invoice_id: I1, reason_code: goodwill, created_by: U1, approved_by: U1}
  - {invoice_id: DR1, invoice_number: DRAFT, kind: invoice, entity_id: E1, customer_id: C2,
     invoice_date: 2025-04-10, currency: SGD, net_amount: 5, tax_amount: 0, gross_amount: 5, status: draft}
  - {invoice_id: T1, invoice_number: TWICE, kind: invoice, entity_id: E1, customer_id: C1,
     invoice_date: 2025-04-11, currency: SGD, net_amount: 7, tax_amount: 0, gross_amount: 7, status: issued}
  - {invoice_id: T2, invoice_number: TWICE, kind: credit_memo, entity_id: E1, customer_id: C1, reason_code: cancel,
     invoice_date: 2025-04-12, currency: SGD, net_amount: -7, tax_amount: 0, gross_amount: -7, status: issued,
     original_invoice_id: T1}
invoice_lines:
  - {invoice_line_id: L1, invoice_id: I1, line_number: 1, product_id: P1, order_line_id: OL1, delivery_line_id: DL1,
     quantity: 10, unit_price: 10, net_amount: 100, tax_rate: 0.1, tax_amount: 10}
  - {invoice_line_id: L2, invoice_id: I1, line_number: 2, product_id: P2, contract_line_id: KL1, quantity: 1,
     unit_price: 30, net_amount: 30, tax_rate: 0.1, tax_amount: 3, period_from: 2025-03-01, period_to: 2025-04-01}
  - {invoice_line_id: L3, invoice_id: I2, line_number: 1, product_id: P1, delivery_line_id: DL1, quantity: 2,
     unit_price: 9, net_amount: 18, tax_amount: 0}
  - {invoice_line_id: L4, invoice_id: CM1, line_number: 1, product_id: P1, order_line_id: OL1, quantity: -1,
     unit_price: 10, net_amount: -10, tax_amount: 0}
receipts:
  - {receipt_id: R1, entity_id: E1, customer_id: C1, received_on: 2025-05-02, posted_on: 2025-05-04, currency: SGD,
     amount: 90, status: applied}
  - {receipt_id: R2, entity_id: E1, customer_id: C1, received_on: 2025-05-03, currency: SGD, amount: 20,
     status: reversed}
applications:
  - {application_id: A1, receipt_id: R1, invoice_id: I1, applied_on: 2025-05-02, posted_on: 2025-05-04, amount: 90,
     discount_amount: 2}
  - {application_id: A2, receipt_id: R2, invoice_id: I1, applied_on: 2025-05-03, amount: 20}
  - {application_id: A3, credit_invoice_id: CM1, invoice_id: I1, applied_on: 2025-04-11, amount: 10}
adjustments:
  - {adjustment_id: J1, invoice_id: I1, kind: write_off, amount: -6, adjusted_on: 2025-06-01, reason_code: small,
     created_by: U1, approved_by: U2, approved_at: 2025-06-01 10:00:00}
cases:
  - {case_id: Q1, customer_id: C1, invoice_id: I1, category: price, priority: P1, opened_at: 2025-04-01 08:00:00,
     status: open, disputed_amount: 10, currency: SGD}
promises:
  - {promise_id: W1, customer_id: C1, invoice_id: I1, promised_on: 2025-04-20, promised_for: 2025-05-03, amount: 90}
"""
)


def write(folder: Path, rows: Mapping[str, list[dict[str, Any]]]) -> Path:
    """A snapshot of some rows; each table has the columns that they name."""
    for name, some in rows.items():
        columns = tables()[name].columns
        named = [column for column in columns if any(column in row for row in some)]
        arrays = [pa.array([_typed(row.get(column), columns[column].type) for row in some]) for column in named]
        typed = [array.cast(TYPES[columns[column].type]) for column, array in zip(named, arrays, strict=True)]
        pq.write_table(pa.table(typed, names=named), folder / f"{name}.parquet")
    return folder


def _typed(value: Any, kind: str) -> Any:
    assert kind in SQL_TYPES
    return Decimal(str(value)) if kind in {"money", "price", "quantity", "rate"} and value is not None else value


def finding(**more: Any) -> dict[str, Any]:
    """One candidate of ACC-03 on the first line."""
    row = {
        "control_id": "ACC-03", "finding_id": "f1", "severity": "high", "subject_table": "invoice_lines",
        "subject_id": "L1", "entity_id": "E1", "customer_id": "C1", "event_date": date(2025, 3, 6), "currency": "SGD",
        "expected_amount": Decimal(90), "billed_amount": Decimal(100), "direction": "over_billed",
        "reason": "10 billed at 10, agreed 9", "suppressed_by": None, "convention": None,
        "evidence": '{"invoice_lines": ["L1"], "invoices": ["I1"], "price_list": ["PL2"]}', **more,
    }  # fmt: skip
    known = row["expected_amount"] is not None and row["billed_amount"] is not None
    row["impact_amount"] = row["billed_amount"] - row["expected_amount"] if known else None
    return row


def found(*rows: dict[str, Any]) -> Findings:
    """A run that returned these candidates."""
    return Findings(pa.Table.from_pylist(list(rows), schema=COLUMNS), Parameters(None, None, DAY, {}), (), ())


Look = Callable[..., Xray]


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Look]:
    kept: list[Books] = []

    def made(document: str, findings: Findings | None = None, rows: Rows | None = None, **more: Any) -> Xray:
        if not kept:
            kept.append(Books(open_snapshot(write(tmp_path, rows or CHAIN))))
        return xray(kept[0], document, findings, **more)

    yield made
    for books in kept:
        books.close()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(html: str) -> _Words:
    words = _Words()
    words.feed(html)
    return words


def test_every_part_is_there(look: Look) -> None:
    shown = look("I1", found(finding()))
    words = " ".join(parsed(shown.page()).words)
    for part in (
        "What happened",
        "Lines",
        "What the controls say",
        "Expected against billed",
        "Who entered and",
        "Open",
    ):
        assert part in words
    for key in ("K1", "O1", "D1", "D2", "I1", "CM1", "R1", "A1", "A3", "J1", "Q1", "W1", "PL2", "KL1", "ACC-03"):
        assert key in words, f"{key} is nowhere"
    assert shown.missing == ()


def test_events_stand_in_order_of_date_and_keep_both_clocks(look: Look) -> None:
    events = look("I1").events
    assert [event.key for event in events] == [
        "K1", "O1", "D1", "I1", "D2", "Q1", "CM1", "A3", "W1", "R1", "A1", "R2", "A2", "J1",
    ]  # fmt: skip
    own = next(event for event in events if event.is_own)
    assert (own.key, own.on, own.known_on, own.amount) == ("I1", date(2025, 3, 6), date(2025, 3, 8), Decimal(143))
    assert next(event.amount for event in events if event.key == "D1") == Decimal(90)


def test_lines_set_what_was_agreed_ordered_and_delivered_beside_what_was_billed(look: Look) -> None:
    first, second = look("I1", found(finding())).lines
    assert (first.ordered, first.delivered, first.row["quantity"], first.elsewhere) == (12, 9, 10, 2)
    assert first.agreed is not None and second.agreed is not None
    assert (first.agreed["agreed_price"], first.agreed["agreed_by_price"], first.off) == (9, "PL2", 10)
    assert (second.agreed["agreed_price"], second.agreed["agreed_by_contract_line"], second.off) == (30, "KL1", 0)
    assert [each.row["control_id"] for each in first.fired] == ["ACC-03"] and not second.fired


def test_the_bridge_goes_from_expected_to_billed(look: Look) -> None:
    made = look("I1", found(finding())).bridge
    assert (made.expected, made.billed, made.remainder) == (120, 130, 0)
    assert [step.amount for step in made.waterfall.steps] == [0, 10, 0]


def test_without_findings_the_steps_are_differences_from_the_agreed_prices(look: Look) -> None:
    shown = look("I1")
    assert shown.fired is None and shown.bridge.expected == 120
    assert "No findings were given" in shown._repr_html_()


def test_balances_follow_both_clocks_and_leave_bounced_cash_out(look: Look) -> None:
    today, known, dated = look("I1", as_of=date(2025, 5, 3)).balances
    assert (today.gross, today.applied, today.discounts, today.adjusted, today.open) == (143, -100, -2, -6, 35)
    assert (known.applied, known.discounts, known.open) == (-10, 0, 133)
    assert (dated.applied, dated.discounts, dated.adjusted, dated.open) == (-100, -2, 0, 41)
    assert look("I1", as_of=date(2025, 3, 7)).balances[1].gross == 0


def test_approvals_say_what_follows_from_roles_limits_and_days(look: Look) -> None:
    document, credit, write_off = look("I1").approvals
    assert document.said == "needs no approval" and "Ann" in document.entered_by
    assert credit.said == "entered and approved by the same person; no limit for clerk in SGD"
    assert write_off.said == "over the limit of 5.00 SGD; the approver was not active that day"


def test_a_credit_memo_shows_what_it_credits(look: Look) -> None:
    shown = look("CM1")
    words = " ".join(parsed(shown._repr_html_()).words)
    assert shown.facts.original is not None and shown.facts.original["invoice_id"] == "I1"
    assert "It credits N-1 (I1) of 2025-03-06, 143.00 SGD gross" in words
    assert "net credited here" in words and shown.balances[0].open == 0
    assert {"I1", "O1", "D1"} <= {event.key for event in shown.events}


def test_a_draft_is_no_open_item(look: Look) -> None:
    shown = look("DR1")
    assert shown.balances == () and shown.lines == ()
    assert "is draft: it is owed by nobody" in shown._repr_html_() and "It has no lines." in shown._repr_html_()


@pytest.mark.parametrize(
    ("key", "words"), [("T1", "cancelled in full by credit memo T2"), ("T2", "cancels T1 in full")]
)
def test_each_half_of_a_cancelled_pair_names_the_other(look: Look, key: str, words: str) -> None:
    html = look(key)._repr_html_()
    assert words in html and "half of a cancelled pair" in html


def test_a_number_finds_its_document_and_one_that_several_bear_lists_them(look: Look) -> None:
    assert look("N-1").facts.invoice_id == "I1"
    with pytest.raises(WorkbenchError, match=r"2 documents bear the number 'TWICE': T1 \(invoice of C1.*; T2 \(credit"):
        look("TWICE")


def test_a_name_that_no_document_has_offers_the_three_nearest(look: Look) -> None:
    with pytest.raises(WorkbenchError, match="There is no document 'N-11'") as error:
        look("N-11")
    assert error.value.fix == "did you mean N-1, N-2, N-3?"


@pytest.mark.parametrize("name", ["", "' or 1=1 --", HOSTILE[0]])
def test_a_hostile_name_is_only_a_name(look: Look, name: str) -> None:
    with pytest.raises(WorkbenchError, match="There is no document"):
        look(name)


@pytest.mark.parametrize("gone", [name for name in CHAIN if name != "invoices"])
def test_a_missing_table_is_named_and_the_rest_is_shown(tmp_path: Path, gone: str) -> None:
    rows = {name: some for name, some in CHAIN.items() if name != gone}
    with Books(open_snapshot(write(tmp_path, rows))) as books:
        shown = xray(books, "I1", found(finding()))
        assert gone in shown.missing
        assert f"Not in this snapshot, so not shown: {', '.join(shown.missing)}" in shown._repr_html_()


def test_documents_alone_are_enough_and_none_is_too_little(tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    with Books(open_snapshot(write(alone, {"invoices": CHAIN["invoices"]}))) as books:
        assert xray(books, "I1").bridge.expected == 130
    with pytest.raises(WorkbenchError, match="has no invoices"):
        Books(open_snapshot(write(tmp_path, {"customers": CHAIN["customers"]})))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_never_run(look: Look, text: str) -> None:
    rows = yaml.safe_load(yaml.safe_dump(CHAIN))
    for some in rows.values():
        for row in some:
            for column in ("name", "description", "invoice_number", "reference", "reason_code", "category", "role"):
                if column in row:
                    row[column] = text
    rows["invoices"][0] |= {"purchase_order": text, "series": text, "status": "issued"}
    rows["orders"][0]["purchase_order"] = text
    shown = look("I1", found(finding(reason=text, convention=text)), rows)
    page = parsed(shown.page())
    assert text in "".join(page.words)
    assert not page.tags & {"script", "img", "h1", "b", "a", "iframe"}
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "default-src 'none'" in shown.page()


def test_findings_of_another_currency_are_never_added(look: Look) -> None:
    made = look("I1", found(finding(currency="JPY"), finding(finding_id="f2", subject_id="L2", evidence="{}"))).bridge
    assert [each.fired.row["finding_id"] for each in made.counted] == ["f2"]
    assert [each.why for each in made.beside] == ["in JPY"]


def test_suppressed_candidates_are_shown_and_count_nothing(look: Look) -> None:
    shown = look("I1", found(finding(suppressed_by="approved")))
    assert "Looked at and explained" in shown._repr_html_() and shown.bridge.expected == 130


def test_previous_and_next_finding_follow_severity_then_impact(look: Look) -> None:
    rows = [
        finding(finding_id="low", severity="low", subject_id="X1", evidence="{}"),
        finding(finding_id="big", billed_amount=Decimal(900), subject_id="X2", evidence="{}"),
        finding(finding_id="own"),
        finding(finding_id="own2", billed_amount=Decimal(99)),
        finding(finding_id="medium", severity="medium", subject_id="X3", evidence="{}"),
    ]
    where = look("I1", found(*rows)).place
    assert where is not None and (where.number, where.of) == (2, 5)
    assert where.before is not None and where.before["finding_id"] == "big"
    assert where.after is not None and where.after["finding_id"] == "medium"
    none = look("I2", found(rows[0])).place
    assert none is not None and none.before is None and none.after is not None and none.number == 0


def test_an_invoice_of_5000_lines_stays_a_page_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    lines = [
        {"invoice_line_id": f"M{n}", "invoice_id": "I1", "line_number": n, "product_id": "P1", "quantity": 1,
         "unit_price": 1, "net_amount": 1, "tax_amount": 0}
        for n in range(1, 5001)
    ]  # fmt: skip
    rows = {**CHAIN, "invoice_lines": lines}
    last = finding(
        subject_id="M5000",
        expected_amount=Decimal(0),
        billed_amount=Decimal(1),
        evidence='{"invoice_lines": ["M5000"]}',
    )
    with Books(open_snapshot(write(tmp_path, rows))) as books:
        shown = xray(books, "I1", found(last))
        html = shown._repr_html_()
        assert len(shown.lines) == 5000 and "250 of 5,000 lines are shown" in html
        assert "line 5000" in html and len(html) < 2_000_000
        assert shown.bridge.expected + 1 + shown.bridge.remainder == 130


def test_many_events_are_grouped_in_the_picture_and_all_are_in_the_table(tmp_path: Path) -> None:
    money = [
        {"receipt_id": f"R{n}", "entity_id": "E1", "customer_id": "C1", "received_on": date(2025, 5, 1 + n % 28),
         "currency": "JPY" if n % 2 else "SGD", "amount": 1, "status": "applied"}
        for n in range(60)
    ]  # fmt: skip
    applied = [
        {"application_id": f"A{n}", "receipt_id": f"R{n}", "invoice_id": "I1", "applied_on": date(2025, 5, 1 + n % 28),
         "amount": 1}
        for n in range(60)
    ]  # fmt: skip
    with Books(open_snapshot(write(tmp_path, {**CHAIN, "receipts": money, "applications": applied}))) as books:
        html = xray(books, "I1")._repr_html_()
    picture = html[html.index("<svg") : html.index("</svg>")]
    assert "60 of them" in picture and "30.00 SGD" in picture and "30 JPY" in picture
    table = html[html.index("</svg>") :]
    assert all(f">R{n}<" in table and f">A{n}<" in table for n in range(60))


def test_a_snapshot_stays_open_for_the_next_look(tmp_path: Path) -> None:
    snapshot = open_snapshot(write(tmp_path, CHAIN))
    assert opened(snapshot) is opened(snapshot)
    first, second = xray(snapshot, "I1"), xray(snapshot, "I2")
    assert first.facts.invoice_id == "I1" and second.facts.invoice_id == "I2"
    assert {"document", "document_lines", "all"} <= set(second.milliseconds)
    opened(snapshot).close()
    del _OPEN[snapshot.folder]
