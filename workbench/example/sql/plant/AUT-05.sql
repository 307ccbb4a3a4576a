-- Credits beyond the invoice: a second one after a full one, one that credits a piece too many, one for an invoice that
-- never was. They are recent, so that what is left of them is not yet old.
delete from eligible;

insert into eligible
select distinct
    mix(document.doc, 691) % 3, document.family, document.entity_no, document.doc, null,
    32000000000 + 4 * document.family, document.day + 2
from document
inner join sale_line as item on document.order_no = item.order_no
where item.flow in ('single', 'split', 'twin') and item.line_no = 1 and not item.is_price_kept and document.day between 701 and 726
    and document.tax_rounding = 'line' and not document.is_even
    and document.order_no not in (select other.order_no from sale_line as other where other.discount > 0);

insert into plant
select 'AUT-05', * from chosen(3, 692);

insert into document
select
    plant.key + step.step, document.family, 'credit_memo', 'issued', document.entity_no, document.customer_no, null,
    document.order_no, document.purchase_order, plant.amount + step.step, 0,
    case when plant.kind = 0 and step.step = 1 then 'goodwill' else 'return' end,
    case when plant.kind = 2 then 99000000000 + document.family else document.doc end,
    'manual', 'line', false, null, null, null, null, 0, 0, 0
from plant
inner join document on plant.doc = document.doc
inner join range(2) as step (step) on step.step = 0 or plant.kind = 0
where plant.control_id = 'AUT-05';

insert into line
select
    plant.key + step.step, line.line_no, line.product_no, null, null, null,
    case
        when plant.kind = 1 and line.line_no = 1 then -line.quantity - 1000
        when step.step = 1 then -1000
        else -line.quantity
    end,
    line.unit_price, 0, null, line.tax_code, null, null, null, 0, 0
from plant
inner join line on plant.doc = line.doc
inner join range(2) as step (step) on step.step = 0 or (plant.kind = 0 and line.line_no = 1)
where plant.control_id = 'AUT-05';
