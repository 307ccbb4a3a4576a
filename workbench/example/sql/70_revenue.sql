-- Revenue by month: of the delivery, else over the months of the service period, else of the invoice.
create table earned as
with placed as (
    select
        item.doc,
        item.line_no,
        item.entity_no,
        item.customer_no,
        item.product_no,
        item.contract_line,
        item.net,
        item.unit,
        coalesce(opening.month_no, delivery.month_no, issued.month_no) as first_month,
        coalesce(closing.month_no, delivery.month_no, issued.month_no) as last_month
    from line_amount as item
    inner join bill on item.doc = bill.doc
    inner join calendar as issued on bill.day = issued.day
    left join consignment_line as moved on item.delivery_line = moved.delivery_line
    left join consignment on moved.delivery = consignment.delivery
    left join calendar as delivery on consignment.delivered = delivery.day
    left join calendar as opening on item.period_from = opening.day
    left join calendar as closing on item.period_to - 1 = closing.day
    where bill.status = 'issued'
)

select
    placed.doc,
    placed.line_no,
    placed.entity_no,
    placed.customer_no,
    placed.product_no,
    placed.contract_line,
    placed.first_month + step.step as month_no,
    to_unit(net * (step.step + 1), last_month - first_month + 1, unit) - to_unit(net * step.step, last_month - first_month + 1, unit)
        as amount
from placed
inner join range(14) as step (step) on placed.first_month + step.step <= least(placed.last_month, 23);
