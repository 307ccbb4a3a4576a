/*---
id: CUT-05
title: Back-dated into a closed month
severity: medium
grain: invoice_id
subject: invoices
examines: invoices
standing: true
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
either: [invoices.created_at, invoices.posted_on]
uses:
  invoices: [created_at, posted_on]
parameters:
  close_days: {default: 5, unit: working days, why: a month is usually closed within a working week}
why: >
  A document that enters a month after its close changes figures that have been reported.
next_step: Ask who opened the month; date the document on the day it was made, or show the approval.
---*/
with entered as (
    select
        *,
        add_months_to(month_of(invoice_date), 1) - 1 as month_end,
        greatest(cast(created_at as date), posted_on) as entered_on
    from invoices
    where status not in ('cancelled', 'draft') and invoice_date <= $as_of
),

-- Days since Monday 1 January 1900 count five for each whole week, and those of the week begun up to Friday.
counted as (
    select
        *,
        5 * (days_between(date '1900-01-01', entered_on + 1) // 7)
        + least(5, days_between(date '1900-01-01', entered_on + 1) % 7)
        - 5 * (days_between(date '1900-01-01', month_end + 1) // 7)
        - least(5, days_between(date '1900-01-01', month_end + 1) % 7) as working_days
    from entered
)

select
    counted.invoice_id as subject_id,
    counted.entity_id,
    counted.customer_id,
    counted.invoice_date as event_date,
    counted.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    counted.kind || ' dated ' || cast(counted.invoice_date as varchar)
    || coalesce(', created on ' || cast(cast(counted.created_at as date) as varchar), '')
    || coalesce(', posted on ' || cast(counted.posted_on as varchar), '')
    || ', ' || cast(counted.working_days as varchar) || ' working days after '
    || cast(counted.month_end as varchar) as reason,
    cast(null as varchar) as suppressed_by,
    counted.invoice_id as evidence_invoices
from counted
where counted.working_days > $close_days
