"""Read UN/CEFACT Cross Industry Invoices D16B (EN 16931, XRechnung, the XML of ZUGFeRD 2 and Factur-X)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from workbench.errors import WorkbenchError
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

CII = "urn:un:unece:uncefact:data:standard:"
ROOT = f"{CII}CrossIndustryInvoice:100"
ZUGFERD_1 = "urn:ferd:CrossIndustryDocument:invoice:1p0"
SHAPE = Shape(
    f"{CII}ReusableAggregateBusinessInformationEntity:100",
    ROOT,
    f"{CII}UnqualifiedDataType:100",
    f"{CII}QualifiedDataType:100",
)
AGREEMENT, SETTLEMENT = (
    f"SupplyChainTradeTransaction/ApplicableHeaderTrade{part}" for part in ("Agreement", "Settlement")
)
TOTALS = f"{SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation"

DOCUMENT = {
    "ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID": "customization",
    "ExchangedDocument/ID": "number",
    "ExchangedDocument/TypeCode": "type_code",
    "ExchangedDocument/IssueDateTime/DateTimeString": "issue_date",
    f"{AGREEMENT}/BuyerReference": "buyer_reference",
    f"{AGREEMENT}/SellerOrderReferencedDocument/IssuerAssignedID": "sales_order",
    f"{AGREEMENT}/BuyerOrderReferencedDocument/IssuerAssignedID": "purchase_order",
    f"{AGREEMENT}/ContractReferencedDocument/IssuerAssignedID": "contract",
    f"{SETTLEMENT}/InvoiceCurrencyCode": "currency",
    f"{SETTLEMENT}/TaxCurrencyCode": "tax_currency",
    f"{SETTLEMENT}/BillingSpecifiedPeriod/StartDateTime/DateTimeString": "period_from",
    f"{SETTLEMENT}/BillingSpecifiedPeriod/EndDateTime/DateTimeString": "period_to",
    f"{SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString": "due_date",
    f"{TOTALS}/LineTotalAmount": "lines_net",
    f"{TOTALS}/AllowanceTotalAmount": "allowances",
    f"{TOTALS}/ChargeTotalAmount": "charges",
    f"{TOTALS}/TaxBasisTotalAmount": "net",
    f"{TOTALS}/GrandTotalAmount": "gross",
    f"{TOTALS}/TotalPrepaidAmount": "prepaid",
    f"{TOTALS}/RoundingAmount": "rounding",
    f"{TOTALS}/DuePayableAmount": "payable",
}
PERIOD = "SpecifiedLineTradeSettlement/BillingSpecifiedPeriod"
NET_PRICE = "SpecifiedLineTradeAgreement/NetPriceProductTradePrice"
LINE_TAX = "SpecifiedLineTradeSettlement/ApplicableTradeTax"
LINE_TOTAL = "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
LINE = {
    "AssociatedDocumentLineDocument/LineID": "line_id",
    "AssociatedDocumentLineDocument/ParentLineID": "parent_id",
    "AssociatedDocumentLineDocument/LineStatusReasonCode": "status",
    "SpecifiedTradeProduct/SellerAssignedID": "seller_item",
    "SpecifiedTradeProduct/Name": "item_name",
    "SpecifiedTradeProduct/Description": "description",
    f"{NET_PRICE}/ChargeAmount": "price",
    f"{NET_PRICE}/BasisQuantity": "price_base",
    f"{NET_PRICE}/BasisQuantity@unitCode": "price_base_unit",
    "SpecifiedLineTradeDelivery/BilledQuantity": "quantity",
    "SpecifiedLineTradeDelivery/BilledQuantity@unitCode": "unit",
    f"{LINE_TAX}/CategoryCode": "category",
    f"{LINE_TAX}/RateApplicablePercent": "percent",
    f"{PERIOD}/StartDateTime/DateTimeString": "period_from",
    f"{PERIOD}/EndDateTime/DateTimeString": "period_to",
    LINE_TOTAL: "net",
    f"{LINE_TOTAL}@currencyID": "currency",
}
CHARGE = {
    "ChargeIndicator/Indicator": "indicator",
    "ActualAmount": "net",
    "ActualAmount@currencyID": "currency",
    "ReasonCode": "reason_code",
    "Reason": "reason",
    "CategoryTradeTax/CategoryCode": "category",
    "CategoryTradeTax/RateApplicablePercent": "percent",
}
FREIGHT = {
    "Description": "reason",
    "AppliedAmount": "net",
    "AppliedAmount@currencyID": "currency",
    "AppliedTradeTax/CategoryCode": "category",
    "AppliedTradeTax/RateApplicablePercent": "percent",
}
TAX = {
    "CalculatedAmount": "tax",
    "CalculatedAmount@currencyID": "currency",
    "BasisAmount": "taxable",
    "CategoryCode": "category",
    "RateApplicablePercent": "percent",
}
PRECEDING = {"IssuerAssignedID": "number", "FormattedIssueDateTime/DateTimeString": "issue_date"}


def _schemed(column: str) -> Element:
    return Element("value", {"schemeID": "scheme"}, ended=schemed(column))


def _party(party: str) -> tuple[dict[str, str], dict[str, Element]]:
    columns = {
        "Name": f"{party}_name",
        "SpecifiedLegalOrganization/TradingBusinessName": f"{party}_trading_name",
        "PostalTradeAddress/CountryID": f"{party}_country",
    }
    parts = {
        "ID": Element("value", {"schemeID": "scheme"}, ended=identifier(party)),
        "GlobalID": Element("value", {"schemeID": "scheme"}, ended=identifier(party)),
        "SpecifiedLegalOrganization/ID": _schemed(f"{party}_registration"),
        "URIUniversalCommunication/URIID": _schemed(f"{party}_endpoint"),
        "SpecifiedTaxRegistration/ID": Element("value", {"schemeID": "scheme"}, ended=tax_registration(party)),
    }
    return columns, parts


def _freight(walk: Walk, frame: Frame) -> None:
    """Where a charge for carriage ends, which has no indicator."""
    frame.values["indicator"] = "true"
    charge(walk, frame)


def _line() -> Element:
    parts = {
        "SpecifiedTradeProduct/GlobalID": _schemed("standard_item"),
        "SpecifiedLineTradeSettlement/SpecifiedTradeAllowanceCharge": SHAPE.element(CHARGE, ended=charge),
    }
    return SHAPE.element(LINE, parts, begun=begin_line, ended=line)


def _document() -> Element:
    columns = dict(DOCUMENT)
    parts = {
        "SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem": _line(),
        f"{SETTLEMENT}/ApplicableTradeTax": SHAPE.element(TAX, ended=record("taxes")),
        f"{SETTLEMENT}/SpecifiedTradeAllowanceCharge": SHAPE.element(CHARGE, ended=charge),
        f"{SETTLEMENT}/SpecifiedLogisticsServiceCharge": SHAPE.element(FREIGHT, ended=_freight),
        f"{SETTLEMENT}/InvoiceReferencedDocument": SHAPE.element(PRECEDING, ended=record("preceding_invoices")),
        f"{SETTLEMENT}/SpecifiedAdvancePayment": SHAPE.element({"PaidAmount": "amount"}, ended=record("payments")),
        f"{TOTALS}/TaxTotalAmount": Element("amount", {"currencyID": "currency"}, ended=record("tax_totals")),
    }
    for role, party in (("SellerTradeParty", "seller"), ("BuyerTradeParty", "buyer")):
        theirs, elements = _party(party)
        columns |= {f"{AGREEMENT}/{role}/{path}": column for path, column in theirs.items()}
        parts |= {f"{AGREEMENT}/{role}/{path}": element for path, element in elements.items()}
    return SHAPE.element(columns, parts, begun=begin_document, ended=document("CrossIndustryInvoice"))


def _refuse(walk: Walk, _frame: Frame) -> None:
    raise WorkbenchError(f"{walk.name} is a ZUGFeRD 1 invoice, which is built otherwise.", "have it sent as ZUGFeRD 2")


TOP = Element(
    children={
        f"{{{ROOT}}}CrossIndustryInvoice": _document(),
        f"{{{ZUGFERD_1}}}CrossIndustryDocument": Element(begun=_refuse, ended=record(MAIN)),
    }
)


def fits(head: bytes) -> bool:
    """Whether a file begins like a Cross Industry Invoice, of ZUGFeRD 1 too, or wraps one."""
    return begins_with(head, frozenset(TOP.children), (ROOT, ZUGFERD_1))


def read(stream: BinaryIO, name: str) -> Iterator[Record]:
    """The records of a file; raises WorkbenchError where it cannot be read at all, as ZUGFeRD 1 cannot."""
    return read_records(stream, name, TOP, "Cross Industry Invoice")
