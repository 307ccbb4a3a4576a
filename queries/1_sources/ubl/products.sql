/*---
table: products
what: >
  Whatever a line sells that has the seller's item number (BT-155), else a standard one with its scheme (BT-157). A
  number that two sellers gave to items of different names has the seller before it. The first line of an item speaks.
rows_of: lines
---*/
with items as (
    select
        lines.*,
        documents.seller_id
    from lines
    inner join documents on lines._source = documents._source and lines.document = documents.document
    where
        lines.kind = 'line'
        and coalesce(lines.status, 'DETAIL') not in ('GROUP', 'INFORMATION')
        and coalesce(lines.seller_item, lines.standard_item) is not null
),

clashing as (
    select seller_item
    from items
    group by seller_item
    having count(distinct seller_id) > 1 and count(distinct lower(item_name)) > 1
),

named as (
    select
        items.*,
        case
            when items.seller_item is null then items.standard_item
            when clashing.seller_item is null then items.seller_item
            else items.seller_id || '/' || items.seller_item
        end as product_id
    from items
    left join clashing on items.seller_item = clashing.seller_item
),

seen as (
    select
        *,
        row_number() over (partition by product_id order by _source, _row) as turn
    from named
)

select
    product_id,
    coalesce(item_name, description, product_id) as name,
    unit,
    category as tax_category,
    _source,
    _row
from seen
where turn = 1
order by _source, _row
