/*---
query: topic_prices_billed
what: What a customer was billed for a product in a currency, line by line, by day.
---*/
select
    line.invoice_line_id,
    line.invoice_id,
    document.invoice_number,
    coalesce(line.period_from, line.invoice_date) as day,
    line.quantity,
    line.unit_price,
    line.discount_amount,
    line.net_amount
from billed_lines as line
inner join invoices as document on line.invoice_id = document.invoice_id
where line.product_id = $product and line.customer_id = $customer and line.currency = $currency
order by day, line.invoice_line_id
