/*---
query: topic_document_lines
what: Lines of some documents, with the name of what was billed.
---*/
select
    line.invoice_id,
    line.line_number,
    line.product_id,
    coalesce(product.name, line.description) as words,
    line.quantity,
    line.unit_price,
    line.net_amount,
    line.order_line_id,
    line.delivery_line_id,
    line.contract_line_id,
    line.period_from,
    line.period_to
from invoice_lines as line
left join products as product on line.product_id = product.product_id
where line.invoice_id in (select unnest($ids))
order by line.invoice_id, line.line_number, line.invoice_line_id
