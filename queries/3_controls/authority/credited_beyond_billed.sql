/*---
id: AUT-05
title: Credit exceeds what was billed
severity: high
grain: invoice_id (the credit memo that passes it)
subject: invoices
examines: invoices
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, original_invoice_id]
uses:
  invoices: [created_at, reason_code]
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
        original.status as billed_status,
        case when original.status not in ('cancelled', 'draft') then original.gross_amount else 0 end as billed_gross,
        row_number() over in_order as turn,
        sum(-credit.gross_amount) over in_order as credited_gross
    from invoices as credit
    left join invoices as original on credit.original_invoice_id = original.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.status not in ('cancelled', 'draft')
        and credit.original_invoice_id is not null
        and credit.invoice_date <= $as_of
        and (original.invoice_id is null or original.currency = credit.currency)
        -- The credit memo by which an invoice was cancelled takes back what its status takes back already.
        and not coalesce(
            original.status = 'cancelled'
            and credit.reason_code = 'cancel'
            and credit.gross_amount = -original.gross_amount,
            false
        )
    window in_order as (
        partition by credit.original_invoice_id, credit.currency
        order by credit.invoice_date, credit.created_at, length(credit.invoice_id), credit.invoice_id
        rows between unbounded preceding and current row
    )
),

off as (
    select
        *,
        billed_id is not null and turn > 1 and credited_gross + gross_amount > billed_gross as is_passed_before
    from credited
    where billed_id is null or credited_gross > billed_gross
),

-- Only the memo that passes lists the ones before it, so that a thousand memos on one original stay a thousand keys.
summed as (
    select
        passing.invoice_id,
        list(counted.invoice_id) as invoice_ids
    from off as passing
    inner join credited as counted on passing.billed_id = counted.billed_id
    where counted.turn <= passing.turn and not passing.is_passed_before
    group by passing.invoice_id
)

select
    off.invoice_id as subject_id,
    off.entity_id,
    off.customer_id,
    off.invoice_date as event_date,
    off.currency,
    off.billed_gross as expected_amount,
    off.credited_gross as billed_amount,
    case
        when off.billed_id is null then 'credits ' || off.original_invoice_id || ', which does not exist'
        else
            amount_text(off.credited_gross, off.currency) || ' ' || off.currency || ' credited up to here, '
            || amount_text(off.billed_gross, off.currency) || ' billed on ' || off.original_invoice_id
            || case when off.billed_status in ('cancelled', 'draft') then ', which is ' || off.billed_status else '' end
    end as reason,
    case when off.is_passed_before then 'passed_before' end as suppressed_by,
    list_append(coalesce(summed.invoice_ids, [off.invoice_id]), off.billed_id) as evidence_invoices
from off
left join summed on off.invoice_id = summed.invoice_id
