/*---
id: COM-06
title: Offline revenue and invoices disagree
severity: high
grain: entity_id/customer_id/product_id/month
subject: revenue
examines: revenue
needs:
  products: [product_id, is_offline]
  revenue: [revenue_id, entity_id, customer_id, product_id, month, currency, amount]
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, gross_amount]
  invoice_lines: [invoice_line_id, invoice_id, product_id, net_amount]
suppressions:
  timing: a neighbouring month has exactly the opposite difference
why: >
  Offline products are billed by hand, so revenue and invoices come from two people; what they disagree about is
  either not billed or not earned.
next_step: Lay the delivery record beside both; bill or credit the difference, or correct the revenue.
---*/
with offline as (
    select product_id
    from products
    where is_offline
    group by product_id
),

movements as (
    select
        posting.entity_id,
        posting.customer_id,
        posting.product_id,
        month_of(posting.month) as month,
        posting.currency,
        posting.amount as recognised_amount,
        cast(0 as decimal(18, 4)) as invoiced_amount,
        posting.revenue_id,
        cast(null as varchar) as invoice_line_id,
        cast(null as varchar) as invoice_id
    from revenue as posting
    inner join offline on posting.product_id = offline.product_id
    where posting.month <= $as_of
    union all
    select
        line.entity_id,
        line.customer_id,
        line.product_id,
        month_of(line.invoice_date) as month,
        line.currency,
        cast(0 as decimal(18, 4)) as recognised_amount,
        line.net_amount as invoiced_amount,
        cast(null as varchar) as revenue_id,
        line.invoice_line_id,
        line.invoice_id
    from live_lines as line
    inner join offline on line.product_id = offline.product_id
    where line.invoice_date <= $as_of
),

-- A month that is not over is compared where its revenue is booked and nothing of it is dated later; elsewhere it may
-- still be the opposite of the month before.
begun as (
    select month_of($as_of) as month
    where add_months_to(month_of($as_of), 1) > $as_of + 1
),

booked as (
    select posting.entity_id
    from revenue as posting
    inner join begun on month_of(posting.month) = begun.month
    inner join offline on posting.product_id = offline.product_id
    group by posting.entity_id
),

going_on as (
    select line.entity_id
    from live_lines as line
    inner join begun on month_of(line.invoice_date) = begun.month
    inner join offline on line.product_id = offline.product_id
    where line.invoice_date > $as_of
    group by line.entity_id
),

judged as (
    select
        movement.*,
        begun.month is null or (booked.entity_id is not null and going_on.entity_id is null) as is_comparable
    from movements as movement
    left join begun on movement.month = begun.month
    left join booked on movement.entity_id = booked.entity_id
    left join going_on on movement.entity_id = going_on.entity_id
),

compared as (
    select
        entity_id,
        customer_id,
        product_id,
        month,
        currency,
        is_comparable,
        round_money(sum(recognised_amount), currency) as recognised_amount,
        round_money(sum(invoiced_amount), currency) as invoiced_amount
    from judged
    group by entity_id, customer_id, product_id, month, currency, is_comparable
),

differing as (
    select
        *,
        invoiced_amount - recognised_amount as difference
    from compared
    where invoiced_amount <> recognised_amount
),

in_order as (
    select
        *,
        lag(month) over of_one_kind as month_before,
        lag(difference) over of_one_kind as difference_before,
        lead(month) over of_one_kind as month_after,
        lead(difference) over of_one_kind as difference_after
    from differing
    window of_one_kind as (partition by entity_id, customer_id, product_id, currency order by month)
),

explained as (
    select
        entity_id,
        customer_id,
        product_id,
        month,
        currency,
        recognised_amount,
        invoiced_amount,
        is_comparable,
        case
            when difference_before = -difference and add_months_to(month_before, 1) = month then month_before
            when difference_after = -difference and add_months_to(month, 1) = month_after then month_after
        end as opposite_month
    from in_order
),

-- Where currencies of one month differ, those that nothing explains are the finding.
ranked as (
    select
        *,
        rank() over (
            partition by entity_id, customer_id, product_id, month
            order by opposite_month is not null
        ) as standing
    from explained
    where is_comparable
),

chosen as (
    select *
    from ranked
    where standing = 1
),

-- Amounts in different currencies are never added: a month that differs in two has none.
subjects as (
    select
        entity_id,
        customer_id,
        product_id,
        month,
        max(opposite_month) as opposite_month,
        case when count(*) = 1 then min(currency) end as currency,
        case when count(*) = 1 then min(recognised_amount) end as recognised_amount,
        case when count(*) = 1 then min(invoiced_amount) end as invoiced_amount,
        string_agg(
            amount_text(recognised_amount, currency) || ' ' || currency || ' recognised, '
            || amount_text(invoiced_amount, currency) || ' invoiced'
            || coalesce(', the opposite in ' || substr(cast(opposite_month as varchar), 1, 7), ''),
            '; '
            order by currency
        ) as figures
    from chosen
    group by entity_id, customer_id, product_id, month
),

looked_at as (
    select
        *,
        month as month_looked_at
    from chosen
    union all
    select
        *,
        opposite_month as month_looked_at
    from chosen
),

proof as (
    select
        looked_at.entity_id,
        looked_at.customer_id,
        looked_at.product_id,
        looked_at.month,
        list(movement.revenue_id) as revenue_ids,
        list(movement.invoice_line_id) as invoice_line_ids,
        list(movement.invoice_id) as invoice_ids
    from looked_at
    inner join movements as movement
        on
            looked_at.entity_id = movement.entity_id
            and looked_at.customer_id = movement.customer_id
            and looked_at.product_id = movement.product_id
            and looked_at.currency = movement.currency
            and looked_at.month_looked_at = movement.month
    group by looked_at.entity_id, looked_at.customer_id, looked_at.product_id, looked_at.month
)

select
    subject.entity_id || '/' || subject.customer_id || '/' || subject.product_id || '/'
    || substr(cast(subject.month as varchar), 1, 7) as subject_id,
    subject.entity_id,
    subject.customer_id,
    subject.month as event_date,
    subject.currency,
    subject.recognised_amount as expected_amount,
    subject.invoiced_amount as billed_amount,
    substr(cast(subject.month as varchar), 1, 7) || ': ' || subject.figures as reason,
    case when subject.opposite_month is not null then 'timing' end as suppressed_by,
    subject.product_id as evidence_products,
    proof.revenue_ids as evidence_revenue,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices
from subjects as subject
inner join proof
    on
        subject.entity_id = proof.entity_id
        and subject.customer_id = proof.customer_id
        and subject.product_id = proof.product_id
        and subject.month = proof.month
