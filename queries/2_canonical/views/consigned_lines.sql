/*---
view: consigned_lines
what: Delivery lines with what the delivery says of them. moved_on is the first day that is known of it.
kept: in a file
by: delivery_lines.delivery_id
needs:
  deliveries: [delivery_id, kind, status]
  delivery_lines: [delivery_line_id, delivery_id, quantity]
uses:
  deliveries: [shipped_on, delivered_on]
  delivery_lines: [order_line_id]
---*/
select
    item.delivery_line_id,
    item.delivery_id,
    item.order_line_id,
    item.quantity,
    delivery.kind,
    delivery.status,
    delivery.shipped_on,
    delivery.delivered_on,
    least(delivery.shipped_on, delivery.delivered_on) as moved_on
from delivery_lines as item
inner join deliveries as delivery on item.delivery_id = delivery.delivery_id
