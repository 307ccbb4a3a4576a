/*---
view: service_lines
what: >
  Lines of live documents that name a contract line, credit memos too (see kind), with the days they are for: the line's
  own, else the document's.
kept: when named
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, contract_line_id, quantity, unit_price, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, period_from, period_to]
  invoice_lines: [line_number, discount_amount, tax_rate, period_from, period_to]
---*/
select
    line.invoice_line_id,
    line.invoice_id,
    line.contract_line_id,
    line.line_number,
    line.kind,
    line.entity_id,
    line.customer_id,
    line.invoice_date,
    line.currency,
    line.reason_code,
    line.original_invoice_id,
    line.quantity,
    line.unit_price,
    coalesce(line.discount_amount, 0) as discount_amount,
    line.tax_rate,
    line.net_amount,
    coalesce(line.period_from, line.document_from) as period_from,
    coalesce(line.period_to, line.document_to) as period_to
from live_lines as line
where line.contract_line_id is not null
