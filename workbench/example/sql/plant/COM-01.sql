-- A line that was delivered and not billed (a whole document where it is the only line), half a consignment billed,
-- half of what was billed by order line.
delete from eligible;

insert into eligible
select
    case when flow = 'by_order' then 2 else mix(doc, 651) % 2 end as kind,
    family, entity_no, doc, line_no, order_line, quantity // 2
from plain_line
where quantity >= 4;

insert into plant
select 'COM-01', * from chosen(3, 652);

delete from line
where (line.doc, line.line_no) in (
    select (plant.doc, plant.line_no) from plant where plant.control_id = 'COM-01' and plant.kind = 0
);

update line set quantity = 1000 * plant.amount
from plant
where plant.control_id = 'COM-01' and plant.kind > 0 and line.doc = plant.doc and line.line_no = plant.line_no;

delete from document
where
    doc in (select plant.doc from plant where plant.control_id = 'COM-01')
    and doc not in (select line.doc from line);
