/*---
id: FIG-28
title: Who should be suspended
form: total
unit: money
money: true
formula: >
  overdue of active customers whose oldest overdue item and total overdue reach a dunning stage with action suspend
source: conventions.md; schema.yml, dunning_stages; control VAL-07
says: >
  A row per customer and currency; its remark names the stage, open cases and promises not yet due: look at those before
  you suspend. Credits and unapplied cash are not taken off. The status is that of the snapshot; it has no date.
empty: nobody
needs:
  customers: [customer_id, status]
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, due_date, currency, gross_amount]
  receipts: [receipt_id, entity_id, received_on, currency, amount, status]
  applications: [application_id, receipt_id, invoice_id, applied_on, amount]
  dunning_stages: [stage, days_overdue, min_amount, currency, action]
uses:
  customers: [entity_id]
  invoices: [posted_on]
  receipts: [customer_id, posted_on]
  applications: [credit_invoice_id, discount_amount, posted_on]
  adjustments: [adjustment_id, invoice_id, adjusted_on, posted_on, amount]
  cases: [case_id, invoice_id, opened_at, status]
  promises: [promise_id, invoice_id, promised_on, promised_for]
---*/
-- A customer who is listed twice is one.
with accounts as (
    select
        customer_id,
        min(entity_id) as entity_id
    from customers
    group by customer_id
    having min(status) = 'active'
),

overdue as (
    select *
    from open_items
    where days_overdue > 0 and bucket not in ('unapplied cash', 'credits')
),

disputes as (
    select
        overdue.as_of,
        overdue.customer_id,
        overdue.currency,
        count(distinct dispute.case_id) as cases
    from overdue
    inner join cases as dispute on overdue.item_id = dispute.invoice_id
    where dispute.status in ('open', 'pending') and cast(dispute.opened_at as date) <= overdue.as_of
    group by overdue.as_of, overdue.customer_id, overdue.currency
),

pledges as (
    select
        overdue.as_of,
        overdue.customer_id,
        overdue.currency,
        max(promise.promised_for) as promised_for
    from overdue
    inner join promises as promise on overdue.item_id = promise.invoice_id
    where promise.promised_on <= overdue.as_of and promise.promised_for >= overdue.as_of
    group by overdue.as_of, overdue.customer_id, overdue.currency
),

balances as (
    select
        as_of,
        customer_id,
        currency,
        sum(open_amount) as amount,
        max(days_overdue) as days
    from overdue
    group by as_of, customer_id, currency
),

reached as (
    select
        balance.as_of,
        balance.customer_id,
        balance.currency,
        balance.amount,
        balance.days,
        min(policy.stage) as stage
    from balances as balance
    inner join dunning_stages as policy
        on
            balance.currency = policy.currency
            and balance.days >= policy.days_overdue
            and balance.amount >= policy.min_amount
    where policy.action = 'suspend'
    group by balance.as_of, balance.customer_id, balance.currency, balance.amount, balance.days
)

select
    asked.as_of,
    '' as part,
    case
        when dispute.cases is not null then 'disputed'
        when pledge.promised_for is not null then 'promised'
        else 'suspend'
    end as role,
    account.entity_id,
    reached.customer_id,
    reached.currency,
    'customers' as subject_table,
    reached.customer_id as subject_id,
    cast(null as date) as event_date,
    reached.amount as numerator,
    0 as denominator,
    'oldest ' || cast(reached.days as varchar) || ' days overdue, stage ' || cast(reached.stage as varchar)
    || coalesce('; open cases: ' || cast(dispute.cases as varchar), '')
    || coalesce('; promised for ' || cast(pledge.promised_for as varchar), '') as remark
from asked
inner join reached on asked.as_of = reached.as_of
inner join accounts as account on reached.customer_id = account.customer_id
left join disputes as dispute
    on
        reached.as_of = dispute.as_of
        and reached.customer_id = dispute.customer_id
        and reached.currency = dispute.currency
left join pledges as pledge
    on
        reached.as_of = pledge.as_of
        and reached.customer_id = pledge.customer_id
        and reached.currency = pledge.currency
