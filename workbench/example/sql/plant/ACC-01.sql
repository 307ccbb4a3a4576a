-- A header that its lines do not carry: the tax is off and the total with it, the net is, or the total alone.
delete from eligible;

insert into eligible
select
    mix(doc, 641) % 3 as kind, family, entity_no, doc, null, null,
    unit * (60 + mix(doc, 642) % 3000) * (1 - 2 * (mix(doc, 643) % 2)) as amount
from plain_line
where flow = 'single' and line_no = 1 and quantity * unit_price > 8000 * unit;

insert into plant
select 'ACC-01', * from chosen(3, 644);

update document
set
    tax_off = case when plant.kind = 0 then plant.amount else 0 end,
    net_off = case when plant.kind = 1 then plant.amount else 0 end,
    gross_off = case when plant.kind = 2 then plant.amount else 0 end
from plant
where plant.control_id = 'ACC-01' and document.doc = plant.doc;
