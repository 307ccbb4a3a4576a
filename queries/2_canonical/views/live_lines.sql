/*---
view: live_lines
what: >
  Lines of live documents with what the document says of them; document_from and document_to are the days that the
  document as a whole is for.
kept: in a file
by: invoice_lines.invoice_id
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, contract_id, order_id, period_from, period_to]
  invoice_lines: [
    line_number, product_id, contract_line_id, order_line_id, delivery_line_id, discount_amount, voucher_id, tax_code,
    tax_rate, tax_amount, period_from, period_to
  ]
---*/
select
    line.invoice_line_id,
    line.invoice_id,
    line.line_number,
    line.product_id,
    line.contract_line_id,
    line.order_line_id,
    line.delivery_line_id,
    line.quantity,
    line.unit_price,
    line.discount_amount,
    line.voucher_id,
    line.net_amount,
    line.tax_code,
    line.tax_rate,
    line.tax_amount,
    line.period_from,
    line.period_to,
    document.kind,
    document.entity_id,
    document.customer_id,
    document.contract_id,
    document.order_id,
    document.invoice_date,
    document.currency,
    document.period_from as document_from,
    document.period_to as document_to,
    document.reason_code,
    document.original_invoice_id
from invoice_lines as line
inner join live_invoices as document on line.invoice_id = document.invoice_id
