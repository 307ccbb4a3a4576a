"""Read SAF-T, the standard audit file for tax of the OECD, in its national forms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import BinaryIO, cast

from workbench.sources.readers import Record
from workbench.sources.readers import saft_elements as paths
from workbench.sources.readers.elements import Element, Ended, Frame, Shape, Walk, first_tag, walk_records

MAIN = "saft_files"
YEAR = re.compile(r"[0-9]{4}")
ROOT = re.compile(rb"<([\w.-]{1,40}:)?AuditFile[\s>/]")
AMOUNT = re.compile(r"[+-]?[0-9]{1,16}(\.[0-9]{0,10})?")
ZERO = re.compile(r"[+-]?0*\.?0*")
SHAPE = Shape("")
# An invoice of one of these types is a receipt as well, for the whole of it.
RECEIPTS = frozenset({"FR"})
# What may change of a document between two files; all else is what it says.
STATE = frozenset({"status", "reason"})
# Codes of nobody, where a form demands one.
NOBODY = frozenset({"0", "00", "ND"})


class SaftWalk(Walk):
    """Follows one file by the names of its elements: each country has a namespace of its own."""

    what = "SAF-T file"
    main = MAIN

    def __init__(self, name: str) -> None:
        super().__init__(TOP, name)
        self.company: dict[str, str] = {}
        self.headed = False
        self._namespace: str | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        namespace, _, local = tag.rpartition("}")
        if self._namespace is None and local == "AuditFile":
            self._namespace = namespace
        super().start(f"{{}}{local}" if namespace == self._namespace else tag, attributes)

    def emit(self, export: str, values: dict[str, str], problem: str = "") -> None:
        """Make a record, which names the company that the file is of."""
        super().emit(export, {**self.company, **values}, problem)


def _begin_file(walk: Walk, _frame: Frame) -> None:
    walk.begin_document()
    _saft(walk).company, _saft(walk).headed = {}, False


def _end_file(walk: Walk, _frame: Frame) -> None:
    if not _saft(walk).headed:
        walk.emit(MAIN, {}, "has no header")


def _header(walk: Walk, frame: Frame) -> None:
    values = frame.values
    order = ("tax_number", "registration", "company_tax_number", "company_number")
    company = next((values[name] for name in order if name in values), "")
    country = values.get("country") or values.get("audit_country", "")
    problem = frame.problem or ("" if company else "has a header that names no company")
    _saft(walk).headed = True
    _saft(walk).company = {
        name: value
        for name, value in {
            "company_id": company,
            "home_country": country,
            "home_currency": values.get("currency", ""),
        }.items()
        if value
    }
    # A selection by periods names years for sure; which months its periods are is the company's own affair.
    for name, ending in (("from", "01-01"), ("to", "12-31")):
        if YEAR.fullmatch(year := values.get(f"year_{name}", "")):
            values.setdefault(f"period_{name}", f"{year}-{ending}")
    kept = ("company_name", "version", "basis", "period_from", "period_to")
    walk.emit(MAIN, {name: values[name] for name in kept if name in values}, problem)


def _saft(walk: Walk) -> SaftWalk:
    return cast("SaftWalk", walk)


def _state_totals(walk: Walk, section: str, frame: Frame) -> None:
    """Emit what a section states of itself, once: before its first document, so that a file that breaks has it too."""
    if frame.values:
        walk.emit("saft_totals", {"section": section, **frame.values}, frame.problem)
        frame.values.clear()


def _end_section(section: str) -> Ended:
    def ended(walk: Walk, frame: Frame) -> None:
        _state_totals(walk, section, frame)

    return ended


def _begin_in(section: str, depth: int = 2) -> Ended:
    def begun(walk: Walk, _frame: Frame) -> None:
        _state_totals(walk, section, walk.frames[-depth])
        walk.begin_document()

    return begun


def _record(export: str) -> Ended:
    def ended(walk: Walk, frame: Frame) -> None:
        walk.emit(export, frame.values, frame.problem)

    return ended


def _tax_details(walk: Walk, frame: Frame) -> None:
    around = walk.frames[-1].values
    around["has_details"] = "1"
    tax_type = {"tax_type": around["tax_type"]} if "tax_type" in around else {}
    walk.emit("saft_tax_rates", {**tax_type, **frame.values}, frame.problem)


def _tax_entry(walk: Walk, frame: Frame) -> None:
    if not frame.values.pop("has_details", ""):
        walk.emit("saft_tax_rates", frame.values, frame.problem)


def _begin_line(walk: Walk, frame: Frame) -> None:
    walk.positions += 1
    frame.values["position"] = str(walk.positions)


def _side(values: dict[str, str]) -> None:
    """Put what a line debits or credits into its amount and side: D or C."""
    debit, credit = values.pop("debit", ""), values.pop("credit", "")
    if "amount" in values or not (debit or credit):
        return
    if debit and credit and ZERO.fullmatch(debit):
        debit = ""
    elif debit and credit and ZERO.fullmatch(credit):
        credit = ""
    values["side"] = "C" if credit else "D"
    values["amount"] = f"{credit} and {debit}" if credit and debit else credit or debit


def _kind(values: dict[str, str], country: str) -> str:
    """What a document is by its type."""
    code = values.get("type", "").upper()
    if code in paths.CREDIT_NOTES or any(word in code for word in paths.CREDIT_WORDS):
        return "credit_memo"
    is_debit = code in paths.DEBIT_NOTES or any(word in code for word in paths.DEBIT_WORDS)
    return "debit_memo" if is_debit or (code == "VD" and country == "LT") else "invoice"


def _invoice_line(walk: Walk, frame: Frame) -> None:
    _named(walk, frame, ("invoice_no",))
    _side(frame.values)
    walk.emit("saft_invoice_lines", frame.values, frame.problem)


def _payment_line(walk: Walk, frame: Frame) -> None:
    around, values = walk.frames[-1].values, frame.values
    _named(walk, frame, ("payment_no",))
    for name in ("customer_id", "supplier_id"):
        if values.get(name, "0") in NOBODY:
            values.pop(name, None)
        else:
            around.setdefault(name, values[name])
    _side(values)
    walk.emit("saft_payment_lines", values, frame.problem)


def _gl_line(walk: Walk, frame: Frame) -> None:
    _named(walk, frame, ("transaction_no", "date", "posted", "source_id", "entered_at", "customer_id", "journal"))
    _side(frame.values)
    walk.emit("saft_gl_lines", frame.values, frame.problem)


def _named(walk: Walk, frame: Frame, names: tuple[str, ...]) -> None:
    """Give a line what the document around it has said so far."""
    around = walk.frames[-1].values
    for name in names:
        if name in around:
            frame.values.setdefault(name, around[name])


def _source_document(walk: Walk, frame: Frame) -> None:
    """Where a document ends that a payment pays; one amount for several cannot be told apart."""
    number = frame.values.get("number", "")
    around = walk.outer(frame)
    if number and number != around.setdefault("invoice_no", number):
        around["more"] = f"{around['more']}, {number}" if "more" in around else number


def _tax(walk: Walk, frame: Frame) -> None:
    """Where a tax ends, of a line or of a whole document: the first one names the rate, the amounts add up."""
    values, around = frame.values, walk.outer(frame)
    if "debit_tax_amount" in values:
        values["tax_amount"] = _sum("0", values.pop("debit_tax_amount"), -1)
    for name, value in values.items():
        if name == "tax_amount" and name in around:
            around[name] = _sum(around[name], value)
        else:
            around.setdefault(name, value)


def _tax_total(walk: Walk, frame: Frame) -> None:
    _tax(walk, frame)
    around = walk.frames[-1].values
    if "tax_amount" in around:
        around["tax_total"] = around["tax_amount"]


def _paid(walk: Walk, frame: Frame) -> None:
    """Where a part of what was paid at once ends: the amounts add up, and every method is named."""
    values, around = frame.values, walk.outer(frame)
    if "paid" in values:
        around["paid"] = _sum(around["paid"], values["paid"]) if "paid" in around else values["paid"]
    if (method := values.get("method", "")) and method not in around.get("method", "").split("+"):
        around["method"] = f"{around['method']}+{method}" if "method" in around else method
    if "paid_on" in values:
        around.setdefault("paid_on", values["paid_on"])


def _sum(one: str, other: str, sign: int = 1) -> str:
    """The sum of two amounts; of what are none, a text that is none either."""
    if AMOUNT.fullmatch(one) and AMOUNT.fullmatch(other):
        return f"{Decimal(one) + sign * Decimal(other):f}"
    return f"{one} and {other}"


def _invoice(walk: Walk, frame: Frame) -> None:
    values = frame.values
    for name in ("tax_type", "tax_code", "tax_country", "tax_percentage", "tax_amount"):
        values.pop(name, None)
    if values.get("customer_id", "0") in NOBODY:
        values.pop("customer_id", None)
    if total := values.pop("tax_total", ""):
        values.setdefault("tax", total)
    content = _content(walk, values)
    paid: dict[str, str] = {name: values.pop(name) for name in ("paid", "method", "paid_on") if name in values}
    kind = _kind(values, _saft(walk).company.get("home_country", ""))
    walk.emit("saft_invoices", {**values, "kind": kind, "content": content}, frame.problem)
    if not frame.problem and ("paid" in paid or values.get("type") in RECEIPTS):
        _paid_at_once(walk, values, paid, content)


def _paid_at_once(walk: Walk, values: dict[str, str], paid: dict[str, str], content: str) -> None:
    """Make a payment of what an invoice says of its own."""
    kept = ("status", "type", "source_id", "entered_at", "customer_id", "gross")
    payment = {name: values[name] for name in kept if name in values}
    if "invoice_no" in values:
        payment["payment_no"] = values["invoice_no"]
    if date := paid.pop("paid_on", values.get("date", "")):
        payment["date"] = date
    walk.emit("saft_payments", {"kind": "invoice", **payment, **paid, "content": content})
    named = {"payment_no": values["invoice_no"], "invoice_no": values["invoice_no"]} if "invoice_no" in values else {}
    amount = values.get("gross", "") if values.get("type") in RECEIPTS else paid.get("paid", "")
    walk.emit("saft_payment_lines", {"position": "1", "side": "C", **named, **({"amount": amount} if amount else {})})


def _payment(walk: Walk, frame: Frame) -> None:
    values = frame.values
    for name in ("customer_id", "supplier_id"):
        if values.get(name, "0") in NOBODY:
            values.pop(name, None)
    content = _content(walk, values)
    walk.emit("saft_payments", {"kind": "payment", **values, "content": content}, frame.problem)


def _content(walk: Walk, values: dict[str, str]) -> str:
    """A hash of what a document says, whatever its state: two of one are the same document."""
    said = sorted((name, value) for name, value in values.items() if name not in STATE)
    return hashlib.sha256(json.dumps([walk.content(), said]).encode()).hexdigest()


def _invoices() -> Element:
    line = SHAPE.element(
        paths.INVOICE_LINE,
        {name: SHAPE.element(paths.TAX, ended=_tax) for name in ("Tax", "TaxInformation")},
        begun=_begin_line,
        ended=_invoice_line,
    )
    parts = {"Line": line, "InvoiceLine": line}
    for totals in ("DocumentTotals", "InvoiceDocumentTotals"):
        parts[f"{totals}/TaxInformationTotals"] = SHAPE.element(paths.TAX, ended=_tax_total)
        parts[f"{totals}/Payment"] = SHAPE.element(paths.PAID, ended=_paid)
    invoice = SHAPE.element(paths.INVOICE, parts, begun=_begin_in("sales"), ended=_invoice)
    return SHAPE.element(paths.TOTALS, {"Invoice": invoice}, ended=_end_section("sales"))


def _payments() -> Element:
    source = SHAPE.element({"OriginatingON": "number"}, ended=_source_document)
    source.column = "number"
    taxes = {name: SHAPE.element(paths.TAX, ended=_tax) for name in ("Tax", "TaxInformation")}
    line = SHAPE.element(
        paths.PAYMENT_LINE, {"SourceDocumentID": source, **taxes}, begun=_begin_line, ended=_payment_line
    )
    payment = SHAPE.element(
        paths.PAYMENT, {"Line": line, "PaymentLine": line}, begun=_begin_in("payments"), ended=_payment
    )
    return SHAPE.element(paths.TOTALS, {"Payment": payment}, ended=_end_section("payments"))


def _ledger() -> Element:
    line = SHAPE.element(paths.GL_LINE, begun=_begin_line, ended=_gl_line)
    transaction = SHAPE.element(
        paths.TRANSACTION,
        dict.fromkeys(("Line", "TransactionLine", "Lines/DebitLine", "Lines/CreditLine", "Lines/Line"), line),
        begun=_begin_transaction,
        ended=_record("saft_transactions"),
    )
    journal = SHAPE.element({"JournalID": "journal"}, {"Transaction": transaction}, ended=_journal)
    return SHAPE.element(paths.TOTALS, {"Journal": journal}, ended=_end_section("ledger"))


def _begin_transaction(walk: Walk, frame: Frame) -> None:
    _begin_in("ledger", 3)(walk, frame)
    if journal := walk.frames[-2].values.get("journal", ""):
        frame.values["journal"] = journal


def _journal(walk: Walk, frame: Frame) -> None:
    walk.outer(frame)


def _file() -> Element:
    customer = SHAPE.element(paths.CUSTOMER, ended=_record("saft_customers"))
    product = SHAPE.element(paths.PRODUCT, ended=_record("saft_products"))
    details = SHAPE.element(paths.TAX_DETAILS, ended=_tax_details)
    tax_entry = SHAPE.element(paths.TAX_ENTRY, {"TaxCodeDetails": details}, ended=_tax_entry)
    account = SHAPE.element(paths.ACCOUNT, ended=_record("saft_accounts"))
    return SHAPE.element(
        {},
        {
            "Header": SHAPE.element(paths.COMPANY, ended=_header),
            "MasterFiles/GeneralLedgerAccounts/Account": account,
            "MasterFiles/Customer": customer,
            "MasterFiles/Customers/Customer": customer,
            "MasterFiles/Product": product,
            "MasterFiles/Products/Product": product,
            "MasterFiles/TaxTable/TaxTableEntry": tax_entry,
            "GeneralLedgerEntries": _ledger(),
            "SourceDocuments/SalesInvoices": _invoices(),
            "SourceDocuments/Payments": _payments(),
        },
        begun=_begin_file,
        ended=_end_file,
    )


TOP = Element()
SHAPE.put(TOP, "AuditFile", _file())


def fits(head: bytes) -> bool:
    """Whether a document begins with an AuditFile of any country."""
    tag = first_tag(head)
    if tag:
        return tag.rpartition("}")[2] == "AuditFile"
    return bool(ROOT.search(head.replace(b"\0", b"")))


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The company, its customers, products, rates, ledger, invoices and payments in the order of the file.

    Of a file that breaks off, what was whole before, and the file as a reject. Raises WorkbenchError for a file with a
    document type, which could bring in entities.
    """
    return walk_records(stream, SaftWalk(name), "SAF-T file (AuditFile)")
