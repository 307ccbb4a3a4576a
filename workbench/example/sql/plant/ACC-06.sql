-- Tax at the rate before or after the change, a tax amount typed over, no tax on what is taxed.
delete from eligible;

insert into eligible
select
    mix(plain.doc, 631) % 3 as kind, plain.family, plain.entity_no, plain.doc, plain.line_no, null,
    case
        when mix(plain.doc, 631) % 3 = 1
            then plain.unit * (6 + mix(plain.doc, 632) % 60) * (1 - 2 * (mix(plain.doc, 633) % 2))
        when mix(plain.doc, 631) % 3 = 2 then 0
        when plain.entity_no < 2 then 800
        when plain.invoiced >= 366 then 500
        else 700
    end as amount
from plain_line as plain
where plain.flow = 'single' and plain.tax_code = 'STD' and plain.quantity * plain.unit_price > 2000 * plain.unit;

insert into plant
select 'ACC-06', * from chosen(3, 634);

update line
set
    stated_rate = case when plant.kind <> 1 then plant.amount end,
    tax_off = case when plant.kind = 1 then plant.amount else 0 end
from plant
where plant.control_id = 'ACC-06' and line.doc = plant.doc and line.line_no = plant.line_no;
