/*---
id: CUT-02
title: Invoiced late
severity: low
grain: delivery_line_id
subject: delivery_lines
examines: delivery_lines
needs:
  deliveries: [delivery_id, entity_id, customer_id, kind, status, delivered_on]
  delivery_lines: [delivery_line_id, delivery_id]
  invoices: [invoice_id, kind, status, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id]
either: [invoice_lines.delivery_line_id, invoice_lines.order_line_id]
uses:
  delivery_lines: [order_line_id]
  invoice_lines: [delivery_line_id, order_line_id]
parameters:
  late_days: {default: 14, unit: days, why: two weeks are enough for any invoice run}
why: >
  Every day between delivery and invoice is a day of credit that nobody granted, and revenue may land in a later month.
next_step: Find out what held the invoice back, and whether the revenue is in the month of delivery.
---*/
with
-- Lines billed too late for the delivery line that they name, and those that name an order line alone.
-- by delivery_lines.delivery_line_id as named_line_id
suspects as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.invoice_date,
        line.currency,
        line.order_line_id,
        line.delivery_line_id as named_line_id,
        item.delivery_line_id,
        item.delivery_id
    from (
        select
            invoice_line_id,
            invoice_id,
            invoice_date,
            currency,
            delivery_line_id,
            order_line_id
        from billed_lines
        where coalesce(delivery_line_id, order_line_id) is not null
    ) as line
    left join consigned_lines as item on line.delivery_line_id = item.delivery_line_id
    where
        line.invoice_date <= $as_of
        and coalesce(days_between(item.delivered_on, line.invoice_date) > $late_days, item.delivery_line_id is null)
),

by_order as (
    select
        order_line_id,
        min(invoice_date) as invoiced_on
    from suspects
    where delivery_line_id is null
    group by order_line_id
),

late as (
    select
        delivery_line_id,
        delivery_id,
        cast(null as varchar) as order_line_id,
        min(invoice_date) as invoiced_on
    from suspects
    where delivery_line_id is not null
    group by delivery_line_id, delivery_id
    union all
    select
        item.delivery_line_id,
        item.delivery_id,
        item.order_line_id,
        by_order.invoiced_on
    from by_order
    inner join consigned_lines as item on by_order.order_line_id = item.order_line_id
    where days_between(item.delivered_on, by_order.invoiced_on) > $late_days
),

-- What names the delivery line goes before what names its order line.
direct as (
    select
        line.delivery_line_id,
        min(line.invoice_date) as invoiced_on
    from billed_lines as line
    inner join late using (delivery_line_id)
    where line.invoice_date <= $as_of
    group by line.delivery_line_id
),

first_late as (
    select
        late.delivery_line_id,
        late.delivery_id,
        late.order_line_id,
        late.invoiced_on,
        delivery.entity_id,
        delivery.customer_id,
        delivery.delivered_on
    from late
    inner join deliveries as delivery on late.delivery_id = delivery.delivery_id
    left join direct on late.delivery_line_id = direct.delivery_line_id
    where
        delivery.kind = 'sale'
        and delivery.status in ('shipped', 'delivered')
        and case
            when late.order_line_id is null then direct.invoiced_on = late.invoiced_on
            else direct.invoiced_on is null
        end
),

proof as (
    select
        found.delivery_line_id,
        min(found.currency) as currency,
        list(found.invoice_line_id) as invoice_line_ids,
        list(found.invoice_id) as invoice_ids
    from (
        select
            late.delivery_line_id,
            billed.currency,
            billed.invoice_line_id,
            billed.invoice_id
        from first_late as late
        inner join suspects as billed
            on late.delivery_line_id = billed.delivery_line_id and late.invoiced_on = billed.invoice_date
        union all
        select
            late.delivery_line_id,
            billed.currency,
            billed.invoice_line_id,
            billed.invoice_id
        from first_late as late
        inner join suspects as billed
            on
                late.order_line_id = billed.order_line_id
                and late.invoiced_on = billed.invoice_date
                and billed.delivery_line_id is null
    ) as found
    group by found.delivery_line_id
)

select
    late.delivery_line_id as subject_id,
    late.entity_id,
    late.customer_id,
    late.invoiced_on as event_date,
    proof.currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    'delivered on ' || cast(late.delivered_on as varchar) || ', first invoiced on '
    || cast(late.invoiced_on as varchar) || ', '
    || cast(days_between(late.delivered_on, late.invoiced_on) as varchar) || ' days later' as reason,
    cast(null as varchar) as suppressed_by,
    late.delivery_line_id as evidence_delivery_lines,
    late.delivery_id as evidence_deliveries,
    proof.invoice_line_ids as evidence_invoice_lines,
    proof.invoice_ids as evidence_invoices
from first_late as late
inner join proof on late.delivery_line_id = proof.delivery_line_id
