-- A line whose amount is not quantity times price: a little too much, a little too little.
delete from eligible;

insert into eligible
select
    mix(doc, 601) % 2 as kind, family, entity_no, doc, line_no, null,
    unit * (3 + mix(doc, 602) % 90) * (1 - 2 * (mix(doc, 601) % 2)) as amount
from plain_line
where flow = 'single' and quantity * unit_price > 400 * unit;

insert into plant
select 'ACC-02', * from chosen(2, 611);

update line set net_off = plant.amount
from plant
where plant.control_id = 'ACC-02' and line.doc = plant.doc and line.line_no = plant.line_no;
