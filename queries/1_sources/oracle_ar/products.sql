/*---
table: products
what: >
  Every inventory item once, by its number (SEGMENT1, ITEM_NUMBER in the Cloud), from its row in the organization with
  the lowest number. A number that several items have is followed by the item's id. Shippable items are physical.
rows_of: mtl_system_items
---*/
with items as (
    select
        *,
        coalesce(plain_value(item_number), plain_value(segment1)) as number,
        row_number() over (
            partition by plain_value(inventory_item_id)
            order by length(plain_value(organization_id)), plain_value(organization_id), _source, _row
        ) as turn
    from mtl_system_items
),

shared as (
    select number
    from items
    group by number
    having count(distinct plain_value(inventory_item_id)) > 1
)

select
    case
        when items.number is null then 'id/' || plain_value(items.inventory_item_id)
        when shared.number is null then items.number
        else items.number || '/' || plain_value(items.inventory_item_id)
    end as product_id,
    coalesce(plain_value(items.description), items.number, plain_value(items.inventory_item_id)) as name,
    plain_value(items.item_type) as family,
    plain_value(items.primary_uom_code) as unit,
    plain_value(items.tax_code) as tax_category,
    plain_value(items.shippable_item_flag) as is_physical,
    items._source,
    items._row
from items
left join shared on items.number = shared.number
where items.turn = 1
order by items._source, items._row
