/*---
id: FIG-41
title: Parts against the invoices they are of
formula: sum of the parts of an invoice = its gross amount
source: payment terms in Oracle Receivables, ERPNext and SAP share out the whole document
unit: an entity, in one currency
needs:
  invoices: [invoice_id, kind, status, entity_id, currency, gross_amount]
  instalments: [invoice_id, part, due_date, amount]
parameters: {}
---*/
with parts as (
    select
        invoice_id,
        sum(amount) as amount
    from instalments
    group by invoice_id
),

compared as (
    select
        document.entity_id,
        document.currency,
        document.invoice_id,
        parts.amount as part_amount,
        document.gross_amount,
        parts.amount <> document.gross_amount as is_apart
    from parts
    inner join invoices as document on parts.invoice_id = document.invoice_id
    where document.kind in ('invoice', 'debit_memo') and document.status not in ('cancelled', 'draft')
)

select
    'instalments_differ' as code,
    entity_id,
    currency,
    count(*) as invoices,
    count(case when is_apart then 1 end) as rows_noted,
    sum(part_amount) as part_amount,
    sum(gross_amount) as gross_amount,
    sum(case when is_apart then part_amount - gross_amount else 0 end) as amount,
    coalesce(list_slice(list_sort(list(invoice_id) filter (where is_apart)), 1, 5), []) as examples
from compared
group by entity_id, currency
order by entity_id, currency
