-- Cash that nobody applied: a whole receipt, half of one, and money of an unknown payer. Nothing of the customer is
-- written off while it waits: that would be an error of its own.
delete from eligible;

insert into eligible
with written_off as (
    select
        way.customer_no,
        max(adjustment.day) as day
    from adjustment
    inner join settlement_way as way on adjustment.doc = way.doc
    where adjustment.kind = 'write_off'
    group by way.customer_no
)

select
    mix(paid.doc, 721) % 2 as kind, paid.family, paid.entity_no, paid.doc, null, paid.receipt,
    case when mix(paid.doc, 721) % 2 = 0 then paid.amount else to_unit(paid.amount, 2, way.unit) end
from payment as paid
inner join settlement_way as way on paid.doc = way.doc
left join written_off on paid.payer_no = written_off.customer_no
where paid.way = 'full' and paid.received between 540 and 690 and paid.amount > 100 * way.unit and way.customer_no = way.payer_no
    and coalesce(written_off.day < paid.received, true)
union all
select
    2, 60000000000 + number, entity_no, null, null, 720000000000 + number, unit * (20001 + mix(number, 722) % 200000)
from range(60) as numbers (number)
inner join entity on number % 3 = entity.entity_no;

insert into plant
select 'VAL-01', * from chosen(3, 723);

delete from application
where receipt in (select plant.key from plant where plant.control_id = 'VAL-01' and plant.kind = 0);

update application set amount = application.amount - plant.amount
from plant
where plant.control_id = 'VAL-01' and plant.kind = 1 and application.receipt = plant.key;

insert into receipt
select key, entity_no, null, 100 + mix(key, 724) % 550, amount, 'unidentified', null
from plant
where control_id = 'VAL-01' and kind = 2;
