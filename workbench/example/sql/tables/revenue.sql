select
    padded('E', earned.doc * 100 + earned.line_no, 13) || '-' || lpad(cast(earned.month_no as varchar), 2, '0') as revenue_id,
    entity.entity_id,
    customer_key(earned.customer_no) as customer_id,
    product_key(earned.product_no) as product_id,
    contract_line_key(earned.contract_line) as contract_line_id,
    invoice_line_key(earned.doc, earned.line_no) as invoice_line_id,
    opening.date as month,
    entity.currency,
    money(earned.amount) as amount,
    case when product.is_offline then 'offline' else 'online' end as channel
from earned
inner join entity on earned.entity_no = entity.entity_no
inner join product on earned.product_no = product.product_no
inner join calendar as opening on earned.month_no = opening.month_no and opening.day_of_month = 1
order by earned.doc, earned.line_no, earned.month_no
