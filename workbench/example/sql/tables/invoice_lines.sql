select
    invoice_line_key(item.doc, item.line_no) as invoice_line_id,
    invoice_key(item.doc) as invoice_id,
    item.line_no as line_number,
    product_key(item.product_no) as product_id,
    contract_line_key(item.contract_line) as contract_line_id,
    order_line_key(item.order_line) as order_line_id,
    delivery_line_key(item.delivery_line) as delivery_line_id,
    product.name as description,
    thousandths(item.quantity) as quantity,
    price_of(item.unit_price) as unit_price,
    money(item.discount) as discount_amount,
    voucher_key(item.voucher_no) as voucher_id,
    money(item.net) as net_amount,
    item.tax_code,
    rate_of(item.rate) as tax_rate,
    money(item.tax) as tax_amount,
    on_day(item.period_from) as period_from,
    on_day(item.period_to) as period_to
from line_amount as item
inner join product on item.product_no = product.product_no
order by item.doc, item.line_no
