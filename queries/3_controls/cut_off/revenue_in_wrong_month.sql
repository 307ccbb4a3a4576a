/*---
id: CUT-03
title: Revenue in the wrong month
severity: high
grain: revenue_id
subject: revenue
examines: revenue
needs:
  revenue: [revenue_id, entity_id, customer_id, month, currency, amount, invoice_line_id]
  invoice_lines: [invoice_line_id, invoice_id]
  invoices: [invoice_id, kind, invoice_date]
uses:
  invoices: [period_from, period_to]
  invoice_lines: [contract_line_id, delivery_line_id, order_line_id, period_from, period_to]
  deliveries: [delivery_id, kind, status, delivered_on]
  delivery_lines: [delivery_line_id, delivery_id, order_line_id]
why: >
  Revenue in the wrong month makes one month look better than it was and another worse, and a year end wrong.
next_step: Move the revenue to the month named, and look for what else was posted with it.
---*/
-- What a line itself says of its month: the day its consignment was delivered, else the days of its service. A line
-- that names its delivery line is not asked about its order line; nor is a contract's charge, which no consignment
-- brings.
with dated as (
    select
        line.invoice_line_id,
        line.invoice_id,
        case
            when consignment.status in ('shipped', 'delivered') then consignment.delivered_on
        end as delivered_on,
        line.period_from as service_from,
        greatest(line.period_to - 1, line.period_from) as service_last,
        case
            when consignment.delivery_line_id is null and line.contract_line_id is null then line.order_line_id
        end as order_line_id
    from invoice_lines as line
    left join consigned_lines as consignment on line.delivery_line_id = consignment.delivery_line_id
),

booked as (
    select
        revenue.revenue_id,
        revenue.invoice_line_id,
        revenue.month,
        dated.invoice_id,
        dated.delivered_on,
        dated.service_from,
        dated.service_last,
        dated.order_line_id,
        month_of(revenue.month) = month_of(dated.delivered_on) as is_delivered_then,
        month_of(revenue.month) >= month_of(dated.service_from)
        and month_of(revenue.month) <= dated.service_last as is_served_then
    from revenue
    inner join dated on revenue.invoice_line_id = dated.invoice_line_id
),

-- Most revenue is right by that alone.
-- by revenue.invoice_line_id
unsaid as (
    select *
    from booked
    where not coalesce(is_delivered_then, case when order_line_id is null then is_served_then end, false)
),

order_months as (
    select
        order_line_id,
        month_of(delivered_on) as month,
        count(case when kind = 'sale' then delivery_line_id end) as sales
    from (
        select *
        from consigned_lines
        where order_line_id in (select unsaid.order_line_id from unsaid)
    ) as item
    where status in ('shipped', 'delivered') and delivered_on is not null
    group by order_line_id, month_of(delivered_on)
),

sold as (
    select order_line_id
    from order_months
    where sales > 0
    group by order_line_id
),

-- Nor did the order line deliver in that month.
unsold as (
    select
        unsaid.*,
        sold.order_line_id is not null as is_sold,
        delivered.order_line_id is not null as is_moved_then
    from unsaid
    left join sold on unsaid.order_line_id = sold.order_line_id
    left join order_months as delivered
        on unsaid.order_line_id = delivered.order_line_id and month_of(unsaid.month) = delivered.month
    where coalesce(delivered.sales, 0) = 0
),

off as (
    select
        unsold.*,
        invoice.invoice_date
    from unsold
    inner join invoices as invoice on unsold.invoice_id = invoice.invoice_id
    where
        not case
            when unsold.delivered_on is not null or unsold.is_sold then false
            when unsold.service_from is not null then unsold.is_served_then
            -- A line without a period may be part of what its document covers, or a charge of the day.
            else
                month_of(unsold.month) = month_of(invoice.invoice_date)
                or coalesce(
                    month_of(unsold.month) >= month_of(invoice.period_from)
                    and month_of(unsold.month) <= greatest(invoice.period_to - 1, invoice.period_from),
                    false
                )
        end
        -- A credit belongs to the month of what it corrects, of what came back, or to its own.
        and not (
            invoice.kind = 'credit_memo'
            and (month_of(unsold.month) = month_of(invoice.invoice_date) or unsold.is_moved_then)
        )
        and least(unsold.month, invoice.invoice_date) <= $as_of
),

sold_months as (
    select
        sold_then.order_line_id,
        string_agg(substr(cast(sold_then.month as varchar), 1, 7), ', ' order by sold_then.month) as months
    from (
        select order_line_id
        from off
        group by order_line_id
    ) as wanted
    inner join order_months as sold_then on wanted.order_line_id = sold_then.order_line_id
    where sold_then.sales > 0
    group by sold_then.order_line_id
),

named as (
    select
        off.revenue_id,
        off.order_line_id,
        line.delivery_line_id
    from off
    inner join invoice_lines as line on off.invoice_line_id = line.invoice_line_id
),

proof as (
    select
        found.revenue_id,
        list(found.delivery_line_id) as delivery_line_ids,
        list(found.delivery_id) as delivery_ids
    from (
        select
            named.revenue_id,
            consignment.delivery_line_id,
            consignment.delivery_id
        from named
        inner join consigned_lines as consignment on named.delivery_line_id = consignment.delivery_line_id
        union all
        select
            named.revenue_id,
            consignment.delivery_line_id,
            consignment.delivery_id
        from named
        inner join consigned_lines as consignment on named.order_line_id = consignment.order_line_id
    ) as found
    group by found.revenue_id
)

select
    off.revenue_id as subject_id,
    revenue.entity_id,
    revenue.customer_id,
    off.month as event_date,
    revenue.currency,
    cast(0 as decimal(38, 4)) as expected_amount,
    revenue.amount as billed_amount,
    amount_text(revenue.amount, revenue.currency) || ' ' || revenue.currency || ' recognised in '
    || substr(cast(off.month as varchar), 1, 7) || ', '
    || case
        when off.delivered_on is not null then 'delivered on ' || cast(off.delivered_on as varchar)
        when off.is_sold then 'delivered in ' || sold_months.months
        when off.service_from is not null
            then
                'for service from ' || cast(off.service_from as varchar) || ' up to '
                || cast(off.service_last as varchar)
        else 'invoiced on ' || cast(off.invoice_date as varchar)
    end as reason,
    cast(null as varchar) as suppressed_by,
    off.revenue_id as evidence_revenue,
    off.invoice_line_id as evidence_invoice_lines,
    off.invoice_id as evidence_invoices,
    proof.delivery_line_ids as evidence_delivery_lines,
    proof.delivery_ids as evidence_deliveries
from off
inner join revenue on off.revenue_id = revenue.revenue_id
left join sold_months on off.order_line_id = sold_months.order_line_id
left join proof on off.revenue_id = proof.revenue_id
