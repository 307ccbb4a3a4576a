/*---
id: VAL-07
title: Overdue beyond the policy's stage
severity: medium
grain: customer_id
subject: customers
examines: customers
standing: true
needs:
  customers: [customer_id, status]
  invoices: [invoice_id, kind, status, customer_id, invoice_date, due_date, currency, gross_amount]
  applications: [application_id, invoice_id, applied_on, amount]
  dunning_stages: [stage, days_overdue, min_amount, currency, action]
uses:
  customers: [entity_id]
  invoices: [reason_code, original_invoice_id]
  applications: [receipt_id, credit_invoice_id, discount_amount]
  adjustments: [adjustment_id, invoice_id, adjusted_on, amount]
  receipts: [receipt_id, status]
  cases: [case_id, invoice_id, opened_at, status]
suppressions:
  disputed: without the invoices that open cases cover no stage is reached
why: >
  A customer who is supplied long after the policy would stop him runs up a debt that is lost; one who has paid and
  is still cut off is lost himself.
next_step: Suspend or hand over to collection, or have the delay approved; lift the suspension of who has paid.
---*/
-- A customer who is listed twice is one.
with accounts as (
    select
        customer_id,
        min(entity_id) as entity_id,
        min(status) as status
    from customers
    group by customer_id
),

-- What is left of whatever document: only what is then open is looked up among those that count.
open_items as (
    select
        subject_id as invoice_id,
        sum(amount) as amount
    from remainders
    where subject_table = 'invoices' and moved_on > $as_of
    group by subject_id
    having sum(amount) > 0
),

open_cases as (
    select
        case_id,
        invoice_id
    from cases
    where status in ('open', 'pending') and cast(opened_at as date) <= $as_of
),

covered as (
    select invoice_id
    from open_cases
    group by invoice_id
),

overdue as (
    select
        invoice.invoice_id,
        invoice.customer_id,
        invoice.currency,
        open_items.amount,
        days_between(invoice.due_date, $as_of) as days,
        covered.invoice_id is null as is_undisputed
    from open_items
    inner join live_invoices as invoice on open_items.invoice_id = invoice.invoice_id
    left join covered on invoice.invoice_id = covered.invoice_id
    where
        invoice.kind in ('invoice', 'debit_memo')
        and invoice.invoice_date <= $as_of
        and invoice.due_date < $as_of
),

balances as (
    select
        customer_id,
        currency,
        sum(amount) as amount,
        max(days) as days,
        sum(case when is_undisputed then amount end) as undisputed_amount,
        max(case when is_undisputed then days end) as undisputed_days
    from overdue
    group by customer_id, currency
),

reached as (
    select
        balance.customer_id,
        balance.currency,
        balance.amount,
        balance.days,
        balance.undisputed_amount,
        policy.stage,
        policy.action,
        policy.days_overdue,
        policy.min_amount,
        coalesce(
            balance.undisputed_days >= policy.days_overdue and balance.undisputed_amount >= policy.min_amount, false
        ) as is_undisputed
    from balances as balance
    inner join dunning_stages as policy
        on
            balance.currency = policy.currency
            and balance.days >= policy.days_overdue
            and balance.amount >= policy.min_amount
    where policy.action in ('suspend', 'collect')
),

-- The worst stage stands for the customer, one that undisputed invoices reach before any other.
worst as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by is_undisputed desc, stage desc, currency asc
        ) as turn
    from reached
),

due as (
    select
        worst.customer_id,
        list(overdue.invoice_id) as invoice_ids
    from worst
    inner join overdue on worst.customer_id = overdue.customer_id and worst.currency = overdue.currency
    where worst.turn = 1
    group by worst.customer_id
),

disputes as (
    select
        worst.customer_id,
        list(open_cases.case_id) as case_ids
    from worst
    inner join overdue on worst.customer_id = overdue.customer_id and worst.currency = overdue.currency
    inner join open_cases on overdue.invoice_id = open_cases.invoice_id
    where worst.turn = 1
    group by worst.customer_id
),

owing as (
    select customer_id
    from overdue
    group by customer_id
)

select
    account.customer_id as subject_id,
    account.entity_id,
    account.customer_id,
    cast(null as date) as event_date,
    worst.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    amount_text(worst.amount, worst.currency) || ' ' || worst.currency || ' overdue, the oldest by '
    || cast(worst.days as varchar) || ' days: stage ' || cast(worst.stage as varchar) || ' (' || worst.action
    || ') begins at ' || cast(worst.days_overdue as varchar) || ' days and '
    || amount_text(worst.min_amount, worst.currency)
    || case
        when disputes.customer_id is not null
            then '; undisputed ' || amount_text(coalesce(worst.undisputed_amount, 0), worst.currency)
        else ''
    end as reason,
    case when not worst.is_undisputed then 'disputed' end as suppressed_by,
    account.customer_id as evidence_customers,
    due.invoice_ids as evidence_invoices,
    worst.currency || '/' || cast(worst.stage as varchar) as evidence_dunning_stages,
    disputes.case_ids as evidence_cases
from accounts as account
inner join worst on account.customer_id = worst.customer_id
inner join due on account.customer_id = due.customer_id
left join disputes on account.customer_id = disputes.customer_id
where account.status = 'active' and worst.turn = 1
union all
select
    account.customer_id as subject_id,
    account.entity_id,
    account.customer_id,
    cast(null as date) as event_date,
    cast(null as varchar) as currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    'suspended, and nothing is overdue on ' || cast($as_of as varchar) as reason,
    cast(null as varchar) as suppressed_by,
    account.customer_id as evidence_customers,
    cast(null as varchar[]) as evidence_invoices,
    cast(null as varchar) as evidence_dunning_stages,
    cast(null as varchar[]) as evidence_cases
from accounts as account
left join owing on account.customer_id = owing.customer_id
where account.status = 'suspended' and owing.customer_id is null
