"""What goes out to a customer and what stays inside: the one list of controls, columns, tables and files."""

from __future__ import annotations

CUSTOMER = "customer"
AUDIENCES = (CUSTOMER,)

# Controls about what the customer itself was billed, paid or was promised. A control that is not here stays inside:
# who approved what, credit limits, write-offs, dunning, cases, floors of prices, the ledger, partners, other customers.
CONTROLS = frozenset(
    "COM-01 COM-02 COM-03 COM-04 OCC-01 OCC-02 OCC-03 OCC-04 OCC-05 OCC-07 ACC-01 ACC-02 ACC-03 ACC-04 ACC-05 ACC-06 "
    "ACC-07 ACC-08 ACC-10 ACC-11 ACC-12 ACC-13 CUT-01 CUT-02 VAL-01 VAL-02 VAL-03".split()
)

# Columns of a finding that stay inside, each with the reason; they are empty in every file.
MASKED = {
    "severity": "how grave the company takes it",
    "convention": "how its systems reckon",
    "suppressed_by": "what it does not look at, and why",
}

# A finding's evidence names keys of these tables alone, and of them only rows of the customer: the key of a table,
# and how its rows lead to a customer. Users, approvals, limits, adjustments, cases and ledger lines are not among them.
OWNED = {
    "contracts": ("contract_id", ""),
    "orders": ("order_id", ""),
    "deliveries": ("delivery_id", ""),
    "invoices": ("invoice_id", ""),
    "receipts": ("receipt_id", ""),
    "contract_lines": ("contract_line_id", "contracts"),
    "order_lines": ("order_line_id", "orders"),
    "delivery_lines": ("delivery_line_id", "deliveries"),
    "invoice_lines": ("invoice_line_id", "invoices"),
    "applications": ("application_id", "invoices"),
    "usage": ("usage_id", "contract_lines"),
    "incidents": ("incident_id", "contract_lines"),
}

# Names and keys of others by table, with the column that says whose they are ("" where none of them is a customer's).
# No text of a customer's pack holds one.
OTHERS = {
    "customers": ("customer_id", ("customer_id", "name", "tax_id")),
    "users": ("", ("user_id", "name")),
    "partners": ("", ("partner_id", "name")),
    "contracts": ("customer_id", ("customer_id", "contract_id")),
    "orders": ("customer_id", ("customer_id", "order_id", "purchase_order")),
    "deliveries": ("customer_id", ("customer_id", "delivery_id")),
    "invoices": ("customer_id", ("customer_id", "invoice_id", "invoice_number", "purchase_order")),
    "receipts": ("customer_id", ("customer_id", "receipt_id", "reference", "bank_reference")),
    "cases": ("customer_id", ("customer_id", "case_id")),
}

FILES = {
    "README.txt": "what this is",
    "summary.html": "the page to begin with: money both ways, every finding told",
    "findings.xlsx": "the findings told, in Excel",
    "findings.parquet": "the same for programs, with the columns of findings; masked ones are empty",
    "funnel.json": "counts and amounts of what is told",
    "sources.json": "how many of the customer's own rows the work rests on, by table",
    "parameters.json": "what was asked and masked, fingerprints of snapshot and controls; hashed, it is the pack id",
    "manifest.json": "SHA-256 and size of every file",
    "verify.py": "checks that nothing was changed since: python verify.py",
}
