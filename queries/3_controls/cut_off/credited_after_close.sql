/*---
id: CUT-04
title: Credit after the close for before it
severity: medium
grain: invoice_id
subject: invoices
examines: invoices
needs:
  invoices:
    [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount, original_invoice_id]
parameters:
  days: {default: 45, unit: days, why: what a later credit takes back is known within six weeks of the close}
  close:
    default: month
    choices: [month, quarter, year]
    unit: month, quarter or year
    why: most books close monthly; ask for the year at its end
  min_amount: {default: "0", unit: units of the document's currency, why: nothing is too small unless you say so}
why: >
  Sales booked before a close and taken back after it made the closed period look better than it was.
next_step: Ask why it was not known before the close; provide for it there if it belongs there.
---*/
with credited as (
    select
        credit.*,
        original.invoice_date as billed_on,
        add_months_to(
            month_of(credit.invoice_date),
            -cast(
                case $close
                    when 'year' then extract(month from credit.invoice_date) - 1
                    when 'quarter' then (extract(month from credit.invoice_date) - 1) % 3
                    else 0
                end as integer
            )
        ) as opened_on
    from invoices as credit
    inner join invoices as original on credit.original_invoice_id = original.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.status not in ('cancelled', 'draft')
        and credit.invoice_date <= $as_of
        and abs(credit.gross_amount) > cast($min_amount as decimal(23, 9))
)

select
    credited.invoice_id as subject_id,
    credited.entity_id,
    credited.customer_id,
    credited.invoice_date as event_date,
    credited.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    credited.gross_amount as billed_amount,
    amount_text(credited.gross_amount, credited.currency) || ' ' || credited.currency || ' on '
    || cast(credited.invoice_date as varchar) || ', '
    || cast(days_between(credited.opened_on - 1, credited.invoice_date) as varchar) || ' days after the close of '
    || cast(credited.opened_on - 1 as varchar) || ', for ' || credited.original_invoice_id || ' of '
    || cast(credited.billed_on as varchar) as reason,
    cast(null as varchar) as suppressed_by,
    [credited.invoice_id, credited.original_invoice_id] as evidence_invoices
from credited
where
    credited.billed_on < credited.opened_on
    and days_between(credited.opened_on - 1, credited.invoice_date) <= $days
