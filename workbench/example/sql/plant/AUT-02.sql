-- Credits and adjustments that one person entered and approved. `key` is 1 for an adjustment.
delete from eligible;

insert into eligible
select 0 as kind, family, entity_no, doc, null, 0, gross
from bill
where kind = 'credit_memo' and origin = 'manual'
union all
select 1, family, entity_no, doc, null, 1, amount
from adjustment
where reason <> 'small_difference';

insert into plant
select 'AUT-02', * from chosen(2, 713);

update bill set created_by = bill.approved_by
from plant
where plant.control_id = 'AUT-02' and plant.key = 0 and bill.doc = plant.doc;

update adjustment set created_by = adjustment.approved_by
from plant
where plant.control_id = 'AUT-02' and plant.key = 1 and adjustment.doc = plant.doc;
