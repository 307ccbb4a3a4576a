/*---
note: Lines whose price for several pieces has no exact price for one
---*/
select
    line.invoice_line_id as subject,
    lines.quantity || ' at ' || lines.price || ' per ' || lines.price_base || ', loaded as '
    || cast(line.quantity as varchar) || ' at ' || cast(line.unit_price as varchar) as note
from loaded_invoice_lines as line
inner join lines on line._source = lines._source and line._row = lines._row
where
    lines.kind = 'line'
    and read_quantity(lines.price_base) > 0
    and cast(line.unit_price as decimal(19, 8)) * read_quantity(lines.price_base) <> read_price(lines.price)
    and cast(abs(line.quantity) as decimal(19, 6)) * read_quantity(lines.price_base)
    <> abs(read_quantity(lines.quantity))
order by line._source, line._row
