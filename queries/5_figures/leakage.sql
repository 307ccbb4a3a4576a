/*---
id: FIG-25
title: Leakage
form: total
unit: money
money: true
parts:
  - under-billed
  - over-billed
  - elsewhere, below what should stand
  - elsewhere, above what should stand
controls: all
formula: sum of under-billed, and sum of over-billed, of the findings of all controls; never their net
source: conventions.md
says: >
  What the controls found by the date of the event, as it is known on the as-of date; earlier months too. Billing is
  what customers were charged; elsewhere is cash, credit, authority, cut-off and partners, where the two sides are
  below and above what should stand. What two controls find wrong with one document counts in both. Never net one side
  against the other.
empty: no control found an amount
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
---*/
with sided as (
    select
        *,
        (
            family in ('completeness', 'occurrence', 'accuracy')
            and control_id not in ('COM-07', 'OCC-07', 'OCC-08', 'ACC-13')
        )
        or control_id = 'PRO-04' as is_billing
    from findings
    where direction in ('under_billed', 'over_billed')
)

select
    asked.as_of,
    case
        when finding.is_billing and finding.direction = 'under_billed' then 'under-billed'
        when finding.is_billing then 'over-billed'
        when finding.direction = 'under_billed' then 'elsewhere, below what should stand'
        else 'elsewhere, above what should stand'
    end as part,
    finding.control_id as role,
    finding.entity_id,
    finding.customer_id,
    finding.currency,
    finding.subject_table,
    finding.subject_id,
    finding.event_date,
    abs(finding.impact_amount) as numerator,
    0 as denominator,
    finding.reason as remark
from asked
inner join sided as finding
    on
        finding.event_date is null
        or (asked.from_date <= finding.event_date and asked.to_date > finding.event_date)
