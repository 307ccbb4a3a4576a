/*---
query: topic_sites
what: Where consignments left from and went to, who carried them, and what was on them, by delivery line.
---*/
select
    item.delivery_line_id,
    delivery.delivery_id,
    delivery.entity_id,
    delivery.kind,
    delivery.status,
    delivery.origin_zone,
    delivery.destination_zone,
    delivery.partner_id,
    item.product_id
from delivery_lines as item
inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
where item.delivery_line_id in (select unnest($ids))
order by item.delivery_line_id
