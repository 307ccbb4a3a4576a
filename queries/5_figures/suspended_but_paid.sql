/*---
id: FIG-29
title: Suspended, and has paid
form: total
unit: customers
money: false
formula: number of suspended customers with nothing overdue
source: conventions.md; control VAL-07
says: Lift their suspension, or find out why it stands. The status is that of the snapshot; it has no date.
empty: nobody
needs:
  customers: [customer_id, status]
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, due_date, currency, gross_amount]
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
uses:
  customers: [entity_id]
  invoices: [posted_on]
  receipts: [customer_id, posted_on]
  applications: [credit_invoice_id, discount_amount, posted_on]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
---*/
with accounts as (
    select
        customer_id,
        min(entity_id) as entity_id
    from customers
    group by customer_id
    having min(status) = 'suspended' and max(status) = 'suspended'
),

owing as (
    select
        as_of,
        customer_id,
        max(case when days_overdue > 0 and bucket not in ('unapplied cash', 'credits') then 1 else 0 end) as is_overdue,
        max(case when bucket not in ('unapplied cash', 'credits') then 1 else 0 end) as is_open
    from open_items
    group by as_of, customer_id
)

select
    asked.as_of,
    '' as part,
    case when owing.is_open = 1 then 'nothing overdue' else 'owes nothing' end as role,
    account.entity_id,
    account.customer_id,
    cast(null as varchar) as currency,
    'customers' as subject_table,
    account.customer_id as subject_id,
    cast(null as date) as event_date,
    1 as numerator,
    0 as denominator
from asked
cross join accounts as account
left join owing on asked.as_of = owing.as_of and account.customer_id = owing.customer_id
where coalesce(owing.is_overdue, 0) = 0
