-- More applied than there was: a receipt entered too high when applied, an invoice overpaid, an adjustment on an invoice
-- that was paid, a second receipt for a paid invoice.
delete from eligible;

insert into eligible
with written_off as (
    select distinct
        way.customer_no,
        adjustment.day
    from adjustment
    inner join settlement_way as way on adjustment.doc = way.doc
    where adjustment.kind = 'write_off'
)

select
    mix(paid.doc, 731) % 4 as kind, paid.family, paid.entity_no, paid.doc, null, paid.receipt,
    case when mix(paid.doc, 731) % 4 = 3 then paid.amount else way.unit * (20 + mix(paid.doc, 732) % 500) end
from payment as paid
inner join settlement_way as way on paid.doc = way.doc
where paid.way = 'full' and paid.received between 60 and 690 and paid.amount > 2000 * way.unit and way.customer_no = way.payer_no
    -- Nothing is written off in the days that a second receipt waits.
    and not exists (
        select written_off.day
        from written_off
        where paid.payer_no = written_off.customer_no and written_off.day between paid.received + 9 and paid.received + 12
    );

insert into plant
select 'VAL-03', * from chosen(4, 733);

update receipt set amount = receipt.amount + case plant.kind when 0 then -plant.amount when 1 then plant.amount else 0 end
from plant
where plant.control_id = 'VAL-03' and receipt.receipt = plant.key;

update application set amount = application.amount + plant.amount
from plant
where plant.control_id = 'VAL-03' and plant.kind = 1 and application.receipt = plant.key;

insert into adjustment
select
    plant.doc, plant.family, plant.entity_no, entity.authority, application.day + 3, 'billing_adjustment', -plant.amount,
    'price_difference', clerk(plant.entity_no, plant.doc), approver(plant.entity_no, plant.amount, entity.authority, plant.doc)
from plant
inner join entity on plant.entity_no = entity.entity_no
inner join application on plant.key = application.receipt
where plant.control_id = 'VAL-03' and plant.kind = 2;

insert into receipt
select plant.key + 3, receipt.entity_no, receipt.customer_no, receipt.day + 9, receipt.amount, null, receipt.family
from plant
inner join receipt on plant.key = receipt.receipt
where plant.control_id = 'VAL-03' and plant.kind = 3;

insert into application
select 900000000 + row_number() over (order by plant.key), plant.doc, plant.key + 3, application.day + 12, application.amount, 0
from plant
inner join application on plant.key = application.receipt
where plant.control_id = 'VAL-03' and plant.kind = 3;
