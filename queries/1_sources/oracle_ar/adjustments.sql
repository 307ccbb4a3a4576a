/*---
table: adjustments
what: >
  The adjustments that are approved (A); no other moves a balance. What one is, is read from the name of its activity,
  else from its reason: with write off, bad debt, small balance or the like it is a write-off, with refund a refund,
  with discount a discount; all others, late charges, chargebacks and those by a commitment among them, change the bill.
  Its document is the chargeback or the receipt that it was made with, else what its comment says.
rows_of: ar_adjustments_all
---*/
with activities as (
    select
        plain_value(receivables_trx_id) as activity_id,
        min(plain_value(name)) as name
    from ar_receivables_trx_all
    group by plain_value(receivables_trx_id)
),

named as (
    select
        adjustment.*,
        lower(coalesce(activities.name, plain_value(adjustment.reason_code), '')) as meaning,
        plain_value(adjustment.chargeback_customer_trx_id) is not null as is_charged_back
    from ar_adjustments_all as adjustment
    left join activities on plain_value(adjustment.receivables_trx_id) = activities.activity_id
    where plain_value(adjustment.status) = 'A'
)

select
    plain_value(adjustment_id) as adjustment_id,
    plain_value(customer_trx_id) as invoice_id,
    case
        when is_charged_back then 'billing_adjustment'
        when regexp_matches(meaning, 'write[ _-]?off|written[ _-]?off|bad[ _-]?debt|uncollect|small[ _-]?(am|bal)')
            then 'write_off'
        when meaning like '%refund%' then 'refund'
        when meaning like '%discount%' then 'discount'
        else 'billing_adjustment'
    end as kind,
    amount,
    regexp_replace(plain_value(apply_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as adjusted_on,
    regexp_replace(plain_value(gl_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as posted_on,
    reason_code,
    coalesce(
        plain_value(chargeback_customer_trx_id), plain_value(associated_cash_receipt_id), plain_value(comments)
    ) as document_reference,
    created_by,
    regexp_replace(
        plain_value(creation_date), ' ([0-9]{2})\.([0-9]{2})\.([0-9]{2})(\.[0-9]+)?', ' \1:\2:\3'
    ) as created_at,
    approved_by,
    _source,
    _row
from named
order by _source, _row
