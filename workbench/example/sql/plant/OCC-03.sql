-- More billed than delivered: a quantity typed too high, a consignment short, a return that the invoice ignores.
delete from eligible;

insert into eligible
select
    mix(doc, 681) % 2 as kind, family, entity_no, doc, line_no, order_line,
    case when mix(doc, 681) % 2 = 0 then 1 + mix(doc, 682) % 5 else 1 + quantity // 4 end as amount
from plain_line
where flow = 'single' and quantity >= 3
union all
select 2, item.order_no, item.entity_no, item.order_no * 8, item.line_no, item.order_line, item.returned_quantity
from sale_line as item
inner join sale on item.order_no = sale.order_no
where item.flow = 'part_returned' and item.line_no = 1 and not item.is_price_kept and sale.invoiced < 690;

insert into plant
select 'OCC-03', * from chosen(3, 683);

update line set quantity = line.quantity + 1000 * plant.amount
from plant
where plant.control_id = 'OCC-03' and plant.kind <> 1 and line.doc = plant.doc and line.line_no = plant.line_no;

update consignment_line set quantity = consignment_line.quantity - plant.amount
from plant
where
    plant.control_id = 'OCC-03' and plant.kind = 1
    and consignment_line.order_line = plant.key and consignment_line.quantity > 0;
