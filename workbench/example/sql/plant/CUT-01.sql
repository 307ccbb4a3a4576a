-- Invoiced some days before the goods left, in the same month.
delete from eligible;

insert into eligible
select 0, family, entity_no, doc, null, null, shipped - 1 - mix(doc, 661) % 3
from plain_line
where flow = 'single' and line_no = 1 and lines <= 2 and day_of_month >= 9;

insert into plant
select 'CUT-01', * from chosen(1, 662);

update document set day = plant.amount
from plant
where plant.control_id = 'CUT-01' and document.doc = plant.doc;
