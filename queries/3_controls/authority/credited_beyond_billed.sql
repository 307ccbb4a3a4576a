/*---
id: AUT-05
title: Credit exceeds what was billed
severity: high
grain: invoice_id (the credit memo that passes it)
subject: invoices
examines: invoices
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, original_invoice_id]
uses:
  invoices: [created_at]
suppressions:
  passed_before: an earlier credit memo had already passed what was billed, and is the finding
why: >
  More given back than was ever charged is money paid out without a reason.
next_step: Reverse the surplus, or name the invoices that the credit really belongs to.
---*/
with credited as (
    select
        credit.*,
        original.invoice_id as billed_id,
        coalesce(original.gross_amount, 0) as billed_gross,
        sum(-credit.gross_amount) over (
            partition by credit.original_invoice_id, credit.currency
            order by credit.invoice_date, credit.created_at, credit.invoice_id
            rows between unbounded preceding and current row
        ) as credited_gross
    from invoices as credit
    left join invoices as original on credit.original_invoice_id = original.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.status not in ('cancelled', 'draft')
        and credit.original_invoice_id is not null
        and credit.invoice_date <= $as_of
        and (original.invoice_id is null or original.currency = credit.currency)
)

select
    invoice_id as subject_id,
    entity_id,
    customer_id,
    invoice_date as event_date,
    currency,
    billed_gross as expected_amount,
    credited_gross as billed_amount,
    case
        when billed_id is null then 'credits ' || original_invoice_id || ', which does not exist'
        else
            amount_text(credited_gross, currency) || ' ' || currency || ' credited up to here, '
            || amount_text(billed_gross, currency) || ' billed on ' || original_invoice_id
    end as reason,
    case
        when billed_id is not null and credited_gross + gross_amount > billed_gross then 'passed_before'
    end as suppressed_by,
    [invoice_id, billed_id] as evidence_invoices
from credited
where billed_id is null or credited_gross > billed_gross
