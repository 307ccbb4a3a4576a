-- A document billed again: its number typed by hand, the same day under a new number, some days later with the same
-- content, or with two digits of its number changed about. The copy names no order and no delivery.
delete from eligible;

insert into eligible
select
    mix(doc, 671) % 4 as kind, family, entity_no, doc, null, 50000000000 + family,
    invoiced + case mix(doc, 671) % 4 when 0 then 19 when 1 then 0 when 2 then 2 + mix(doc, 672) % 8 else 17 end
from plain_line
where flow = 'single' and line_no = 1 and day_of_month <= 9;

insert into plant
select 'OCC-01', * from chosen(4, 673);

insert into document
select
    plant.key, document.family, document.kind, document.status, document.entity_no, document.customer_no, null, null,
    document.purchase_order, plant.amount, document.terms, null, null, document.origin, document.tax_rounding, false, null, null,
    document.doc, case plant.kind when 0 then 'retyped' when 3 then 'swapped' else 'again' end, 0, 0, 0
from plant
inner join document on plant.doc = document.doc
where plant.control_id = 'OCC-01';

insert into line
select
    plant.key, line.line_no, line.product_no, null, null, null, line.quantity, line.unit_price, line.discount, null,
    line.tax_code, null, null, null, 0, 0
from plant
inner join line on plant.doc = line.doc
where plant.control_id = 'OCC-01';
