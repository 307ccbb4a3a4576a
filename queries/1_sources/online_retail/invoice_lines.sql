/*---
table: invoice_lines
what: Every record of the export is one line; lines are numbered within their document in the order of the file.
one_row_per: online_retail_lines
---*/
with lines as (
    select
        *,
        row_number() over (partition by plain_value(invoiceno) order by _source, _row) as line_number
    from online_retail_lines
)

select
    plain_value(invoiceno) || '-' || cast(line_number as varchar) as invoice_line_id,
    plain_value(invoiceno) as invoice_id,
    line_number,
    plain_value(stockcode) as product_id,
    description,
    quantity,
    unitprice as unit_price,
    cast(read_quantity(plain_value(quantity)) as decimal(19, 6))
    * cast(read_price(plain_value(unitprice)) as decimal(18, 8)) as net_amount,
    _source,
    _row
from lines
order by _source, _row
