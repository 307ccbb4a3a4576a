"""The elements of a SAF-T file that are read, by their paths, in the national forms that are known."""

from __future__ import annotations

COMPANY = {
    "AuditFileVersion": "version",
    "AuditFileCountry": "audit_country",
    "CompanyID": "company_number",
    "TaxRegistrationNumber": "tax_number",
    "CompanyName": "company_name",
    "CompanyAddress/Country": "country",
    "Company/RegistrationNumber": "registration",
    "Company/TaxRegistration/TaxRegistrationNumber": "company_tax_number",
    "Company/Name": "company_name",
    "Company/Address/Country": "country",
    "TaxAccountingBasis": "basis",
    "CurrencyCode": "currency",
    "DefaultCurrencyCode": "currency",
    "StartDate": "period_from",
    "EndDate": "period_to",
    "SelectionCriteria/PeriodStartYear": "year_from",
    "SelectionCriteria/PeriodEndYear": "year_to",
    "SelectionCriteria/SelectionStartDate": "period_from",
    "SelectionCriteria/SelectionEndDate": "period_to",
}
TOTALS = {"NumberOfEntries": "entries", "TotalDebit": "debit", "TotalCredit": "credit"}
CUSTOMER = {
    "CustomerID": "customer_id",
    "CustomerTaxID": "tax_id",
    "TaxRegistration/TaxRegistrationNumber": "tax_id",
    "CompanyStructure/TaxRegistration/TaxRegistrationNumber": "tax_id",
    "RegistrationNumber": "registration",
    "CompanyStructure/RegistrationNumber": "registration",
    "CompanyName": "name",
    "Name": "name",
    "CompanyStructure/Name": "name",
    "BillingAddress/Country": "country",
    "Address/Country": "country",
    "CompanyStructure/Address/Country": "country",
    "PartyInfo/PaymentTerms/Days": "terms_days",
    "PartyInfo/CurrencyCode": "currency",
    "PartyInfo/Status": "status",
}
PRODUCT = {
    "ProductCode": "product_id",
    "ProductDescription": "name",
    "Description": "name",
    "ProductGroup": "family",
    "ProductType": "type",
    "GoodsServicesID": "type",
    "UOMBase": "unit",
}
TAX_ENTRY = {
    "TaxType": "tax_type",
    "TaxCountryRegion": "country",
    "TaxCode": "tax_code",
    "TaxExpirationDate": "valid_to",
    "TaxPercentage": "percentage",
}
TAX_DETAILS = {
    "TaxCode": "tax_code",
    "EffectiveDate": "valid_from",
    "ExpirationDate": "valid_to",
    "TaxPercentage": "percentage",
    "Country": "country",
}
ACCOUNT = {
    "AccountID": "account",
    "AccountDescription": "name",
    "StandardAccountID": "standard",
    "GroupingCode": "grouping",
}
TRANSACTION = {
    "TransactionID": "transaction_no",
    "TransactionDate": "date",
    "SourceID": "source_id",
    "GLPostingDate": "posted",
    "SystemEntryDate": "entered_at",
    "CustomerID": "customer_id",
}
GL_LINE = {
    "RecordID": "record_no",
    "AccountID": "account",
    "SourceDocumentID": "document_no",
    "ReferenceNumber": "reference_no",
    "SystemEntryDate": "entered_at",
    "SystemEntryTime": "entered_at",
    "CustomerID": "customer_id",
    "DebitAmount": "debit",
    "DebitAmount/Amount": "debit",
    "CreditAmount": "credit",
    "CreditAmount/Amount": "credit",
}
INVOICE = {
    "InvoiceNo": "invoice_no",
    "DocumentStatus/InvoiceStatus": "status",
    "DocumentStatus/Reason": "reason",
    "DocumentStatus/SourceBilling": "billing",
    "SpecialRegimes/SelfBillingIndicator": "self_billing",
    "SelfBillingIndicator": "self_billing",
    "InvoiceDate": "date",
    "InvoiceType": "type",
    "SourceID": "source_id",
    "GLPostingDate": "posted",
    "SystemEntryDate": "entered_at",
    "CustomerID": "customer_id",
    "CustomerInfo/CustomerID": "customer_id",
    "PaymentTerms/DueDate": "due",
    "DueDate": "due",
    **{
        f"{totals}/{path}": column
        for totals in ("DocumentTotals", "InvoiceDocumentTotals")
        for path, column in {
            "TaxPayable": "tax",
            "NetTotal": "net",
            "ShippingCostsAmountTotal": "shipping",
            "GrossTotal": "gross",
            "Currency/CurrencyCode": "currency",
            "Currency/CurrencyAmount": "currency_amount",
        }.items()
    },
}
PAID = {"PaymentMechanism": "method", "PaymentAmount": "paid", "PaymentDate": "paid_on"}
INVOICE_LINE = {
    "LineNumber": "line_number",
    "OrderReferences/OriginatingON": "order_no",
    "ProductCode": "product_id",
    "ProductDescription": "product_name",
    "Description": "description",
    "Quantity": "quantity",
    "InvoiceQuantity": "quantity",
    "UnitPrice": "unit_price",
    "References/Reference": "original",
    "References/Reason": "reason",
    "References/CreditNote/Reference": "original",
    "References/CreditNote/Reason": "reason",
    "Delivery/DeliveryPeriod/FromDate": "period_from",
    "Delivery/DeliveryPeriod/ToDate": "period_to",
    "DebitAmount": "debit",
    "DebitAmount/Amount": "debit",
    "CreditAmount": "credit",
    "CreditAmount/Amount": "credit",
    "InvoiceLineAmount": "amount",
    "InvoiceLineAmount/Amount": "amount",
    "DebitCreditIndicator": "side",
    "ShippingCostsAmount": "shipping",
    "ShippingCostsAmount/Amount": "shipping",
}
TAX = {
    "TaxType": "tax_type",
    "TaxCode": "tax_code",
    "TaxCountryRegion": "tax_country",
    "Country": "tax_country",
    "TaxPercentage": "tax_percentage",
    "TaxAmount": "tax_amount",
    "TaxAmount/Amount": "tax_amount",
    "CreditTaxAmount/Amount": "tax_amount",
    "DebitTaxAmount/Amount": "debit_tax_amount",
}
PAYMENT = {
    "PaymentRefNo": "payment_no",
    "DocumentStatus/PaymentStatus": "status",
    "DocumentStatus/Reason": "reason",
    "TransactionDate": "date",
    "PaymentType": "type",
    "PaymentMethod": "method",
    "PaymentMethod/PaymentMechanism": "method",
    "Description": "description",
    "SourceID": "source_id",
    "SystemEntryDate": "entered_at",
    "CustomerID": "customer_id",
    "SupplierID": "supplier_id",
    "DocumentTotals/GrossTotal": "gross",
    "PaymentDocumentTotals/GrossTotal": "gross",
    "DocumentTotals/Currency/CurrencyCode": "currency",
    "DocumentTotals/Currency/CurrencyAmount": "currency_amount",
}
PAYMENT_LINE = {
    "LineNumber": "line_number",
    "CustomerID": "customer_id",
    "SupplierID": "supplier_id",
    "SettlementAmount": "discount",
    "DebitAmount": "debit",
    "DebitAmount/Amount": "debit",
    "CreditAmount": "credit",
    "CreditAmount/Amount": "credit",
    "PaymentLineAmount": "amount",
    "PaymentLineAmount/Amount": "amount",
    "DebitCreditIndicator": "side",
}
# What the types of documents say, in upper case; VD is a debit note in Lithuania and a cash sale in Portugal.
CREDIT_NOTES = frozenset("NC TD DA RE CN KS VK 81 83 261 262 296 308 381 396 420 458 502 503 532".split())
DEBIT_NOTES = frozenset("ND DN DS 80 84 383".split())
CREDIT_WORDS = ("CREDIT", "CRÉDIT", "KREDIT", "AVOIR", "GUTSCHRIFT", "STORN")
DEBIT_WORDS = ("DEBIT", "DÉBIT")
