/*---
view: billed_lines
what: Lines of live invoices and debit memos. A credit memo line bills nothing.
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, quantity, unit_price, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, contract_id, order_id]
---*/
select line.*
from live_lines as line
where line.kind <> 'credit_memo'
