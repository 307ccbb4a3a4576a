/*---
view: reductions
what: >
  What lowers a customer's balance without cash and so needs authority: adjustments, and every issued credit memo,
  cancelled pairs too. The amount keeps its sign.
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
uses:
  adjustments: [adjustment_id, invoice_id, kind, amount, adjusted_on, created_by, approved_by]
  invoices: [created_by, approved_by]
---*/
select
    'adjustments' as subject_table,
    adjustment.adjustment_id as subject_id,
    adjustment.kind as action,
    invoice.entity_id,
    invoice.customer_id,
    adjustment.adjusted_on as event_date,
    invoice.currency,
    adjustment.amount,
    adjustment.created_by,
    adjustment.approved_by,
    adjustment.approved_at,
    adjustment.reason_code,
    adjustment.document_reference,
    adjustment.adjustment_id,
    invoice.invoice_id
from adjustments as adjustment
left join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
union all
select
    'invoices' as subject_table,
    credit.invoice_id as subject_id,
    'credit_memo' as action,
    credit.entity_id,
    credit.customer_id,
    credit.invoice_date as event_date,
    credit.currency,
    credit.gross_amount as amount,
    credit.created_by,
    credit.approved_by,
    credit.approved_at,
    credit.reason_code,
    credit.original_invoice_id as document_reference,
    cast(null as varchar) as adjustment_id,
    credit.invoice_id
from invoices as credit
where credit.kind = 'credit_memo' and credit.status not in ('cancelled', 'draft')
