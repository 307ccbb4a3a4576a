"""Read UBL 2.1 invoices and credit notes (EN 16931, Peppol BIS, XRechnung)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from workbench.sources.readers import Record
from workbench.sources.readers.electronic_invoice import (
    begin_document,
    begin_line,
    charge,
    document,
    identifier,
    line,
    record,
    schemed,
    tax_registration,
)
from workbench.sources.readers.elements import MAIN, Element, Frame, Shape, Walk, begins_with, read_records

__all__ = ["MAIN", "fits", "read"]

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
ROOTS = {name: f"{UBL}{name}-2" for name in ("Invoice", "CreditNote")}
SHAPE = Shape(f"{UBL}CommonBasicComponents-2", f"{UBL}CommonAggregateComponents-2")

DOCUMENT = {
    "CustomizationID": "customization",
    "ID": "number",
    "IssueDate": "issue_date",
    "DueDate": "due_date",
    "PaymentMeans/PaymentDueDate": "due_date",
    "PaymentTerms/PaymentDueDate": "due_date",
    "InvoiceTypeCode": "type_code",
    "CreditNoteTypeCode": "type_code",
    "DocumentCurrencyCode": "currency",
    "TaxCurrencyCode": "tax_currency",
    "BuyerReference": "buyer_reference",
    "InvoicePeriod/StartDate": "period_from",
    "InvoicePeriod/EndDate": "period_to",
    "OrderReference/ID": "purchase_order",
    "OrderReference/SalesOrderID": "sales_order",
    "ContractDocumentReference/ID": "contract",
    "AccountingCustomerParty/SupplierAssignedAccountID": "buyer_number",
    "LegalMonetaryTotal/LineExtensionAmount": "lines_net",
    "LegalMonetaryTotal/AllowanceTotalAmount": "allowances",
    "LegalMonetaryTotal/ChargeTotalAmount": "charges",
    "LegalMonetaryTotal/TaxExclusiveAmount": "net",
    "LegalMonetaryTotal/TaxInclusiveAmount": "gross",
    "LegalMonetaryTotal/PrepaidAmount": "prepaid",
    "LegalMonetaryTotal/PayableRoundingAmount": "rounding",
    "LegalMonetaryTotal/PayableAmount": "payable",
}
LINE = {
    "ID": "line_id",
    "InvoicedQuantity": "quantity",
    "InvoicedQuantity@unitCode": "unit",
    "CreditedQuantity": "quantity",
    "CreditedQuantity@unitCode": "unit",
    "LineExtensionAmount": "net",
    "LineExtensionAmount@currencyID": "currency",
    "InvoicePeriod/StartDate": "period_from",
    "InvoicePeriod/EndDate": "period_to",
    "Item/Name": "item_name",
    "Item/Description": "description",
    "Item/SellersItemIdentification/ID": "seller_item",
    "Item/ClassifiedTaxCategory/ID": "category",
    "Item/ClassifiedTaxCategory/Percent": "percent",
    "Price/PriceAmount": "price",
    "Price/BaseQuantity": "price_base",
    "Price/BaseQuantity@unitCode": "price_base_unit",
}
CHARGE = {
    "ChargeIndicator": "indicator",
    "AllowanceChargeReasonCode": "reason_code",
    "AllowanceChargeReason": "reason",
    "Amount": "net",
    "Amount@currencyID": "currency",
    "TaxCategory/ID": "category",
    "TaxCategory/Percent": "percent",
}
TAX = {
    "TaxableAmount": "taxable",
    "TaxAmount": "tax",
    "TaxAmount@currencyID": "currency",
    "Percent": "percent",
    "TaxCategory/ID": "category",
    "TaxCategory/Percent": "percent",
}


def _party(party: str) -> tuple[dict[str, str], dict[str, Element]]:
    columns = {
        "PartyName/Name": f"{party}_trading_name",
        "PostalAddress/Country/IdentificationCode": f"{party}_country",
        "PartyLegalEntity/RegistrationName": f"{party}_name",
    }
    number = {"CompanyID": "value", "TaxScheme/ID": "scheme"}
    parts = {
        "EndpointID": Element("value", {"schemeID": "scheme"}, ended=schemed(f"{party}_endpoint")),
        "PartyIdentification/ID": Element("value", {"schemeID": "scheme"}, ended=identifier(party)),
        "PartyTaxScheme": SHAPE.element(number, ended=tax_registration(party)),
        "PartyLegalEntity/CompanyID": Element("value", {"schemeID": "scheme"}, ended=schemed(f"{party}_registration")),
    }
    return columns, parts


def _line() -> Element:
    standard = Element("value", {"schemeID": "scheme"}, ended=schemed("standard_item"))
    made = SHAPE.element(
        LINE,
        {"Item/StandardItemIdentification/ID": standard, "AllowanceCharge": SHAPE.element(CHARGE, ended=charge)},
        begun=begin_line,
        ended=_ended,
    )
    SHAPE.put(made, "SubInvoiceLine", made)
    SHAPE.put(made, "SubCreditNoteLine", made)
    return made


def _ended(walk: Walk, frame: Frame) -> None:
    """Where a line ends: only one inside another says that it has parts."""
    frame.values.setdefault("status", "DETAIL")
    line(walk, frame)


def _document(name: str) -> Element:
    columns = dict(DOCUMENT)
    parts = {
        "AllowanceCharge": SHAPE.element(CHARGE, ended=charge),
        "BillingReference/InvoiceDocumentReference": SHAPE.element(
            {"ID": "number", "IssueDate": "issue_date"}, ended=record("preceding_invoices")
        ),
        "PrepaidPayment": SHAPE.element({"ID": "reference", "PaidAmount": "amount"}, ended=record("payments")),
        "TaxTotal": SHAPE.element(
            {"TaxAmount": "amount", "TaxAmount@currencyID": "currency"},
            {"TaxSubtotal": SHAPE.element(TAX, ended=record("taxes"))},
            ended=record("tax_totals"),
        ),
        f"{name}Line": _line(),
    }
    for role, party in (("AccountingSupplierParty", "seller"), ("AccountingCustomerParty", "buyer")):
        theirs, elements = _party(party)
        columns |= {f"{role}/Party/{path}": column for path, column in theirs.items()}
        parts |= {f"{role}/Party/{path}": element for path, element in elements.items()}
    return SHAPE.element(columns, parts, begun=begin_document, ended=document(name))


TOP = Element(children={f"{{{namespace}}}{name}": _document(name) for name, namespace in ROOTS.items()})


def fits(head: bytes) -> bool:
    """Whether a file begins like a UBL invoice or credit note, or wraps one."""
    return begins_with(head, frozenset(TOP.children), tuple(ROOTS.values()))


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The records of a file; raises WorkbenchError where it cannot be read at all."""
    return read_records(stream, name, TOP, "UBL invoice or credit note")
