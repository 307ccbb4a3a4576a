/*---
query: topic_cut_off
what: >
  Revenue by the month it was earned (delivery, else service period, else invoice) and the month it was recognised in,
  as CUT-03 looks at it.
---*/
with earned as (
    select
        entry.currency,
        entry.month,
        entry.amount,
        case
            when coalesce(delivery.delivered_on, delivery.shipped_on) is not null
                then month_of(coalesce(delivery.delivered_on, delivery.shipped_on))
            -- A service is earned in every month that its period touches.
            when
                entry.month >= month_of(coalesce(line.period_from, document.period_from))
                and entry.month < coalesce(line.period_to, document.period_to)
                then entry.month
            else month_of(coalesce(line.period_from, document.period_from, document.invoice_date))
        end as earned_in
    from revenue as entry
    inner join invoice_lines as line on entry.invoice_line_id = line.invoice_line_id
    inner join invoices as document on line.invoice_id = document.invoice_id
    left join delivery_lines as item on line.delivery_line_id = item.delivery_line_id
    left join deliveries as delivery on item.delivery_id = delivery.delivery_id
    where
        ($entity = '' or entry.entity_id = $entity)
        and ($first::date is null or entry.month >= $first)
        and ($until::date is null or entry.month < $until)
)

select
    currency,
    strftime(earned_in, '%Y-%m') as earned_in,
    strftime(month, '%Y-%m') as recognised_in,
    count(*) as entries,
    sum(amount) as amount
from earned
where earned_in is not null
group by currency, strftime(earned_in, '%Y-%m'), strftime(month, '%Y-%m')
order by currency, earned_in, recognised_in
