/*---
note: Items in another unit than their order item
---*/
with ordered as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
        || '/' || regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1') as order_line_id,
        min(plain_value(vrkme)) as unit
    from vbap
    group by
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1'),
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1')
),

used as (
    select
        'VBRP ' || line.invoice_line_id as subject,
        line.order_line_id,
        plain_value(vbrp.fkimg) as written,
        plain_value(vbrp.vrkme) as unit,
        line.quantity
    from loaded_invoice_lines as line
    inner join vbrp on line._source = vbrp._source and line._row = vbrp._row
    union all
    select
        'LIPS ' || line.delivery_line_id as subject,
        line.order_line_id,
        plain_value(lips.lfimg) as written,
        plain_value(lips.vrkme) as unit,
        line.quantity
    from loaded_delivery_lines as line
    inner join lips on line._source = lips._source and line._row = lips._row
)

select
    used.subject,
    used.written || ' ' || used.unit || ', loaded as ' || cast(used.quantity as varchar) || ', ordered in '
    || ordered.unit as note
from used
inner join ordered on used.order_line_id = ordered.order_line_id
where used.unit <> ordered.unit
order by used.subject
