/*---
view: live_lines
what: Lines of live documents with what the document says of them.
needs:
  invoices: [invoice_id, invoice_number, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, contract_id, order_id]
---*/
select
    line.*,
    document.kind,
    document.invoice_number,
    document.entity_id,
    document.customer_id,
    document.contract_id,
    document.order_id,
    document.invoice_date,
    document.currency,
    document.reason_code,
    document.original_invoice_id
from invoice_lines as line
inner join live_invoices as document on line.invoice_id = document.invoice_id
