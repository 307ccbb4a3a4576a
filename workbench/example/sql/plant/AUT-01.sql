-- Credits and adjustments that nobody approved, that exceed the approver's limit, whose approver is unknown or has no
-- limit at all. `key` is 1 for an adjustment.
delete from eligible;

insert into eligible
with reduction as (
    select family, entity_no, doc, 0 as is_adjustment, abs(gross) as amount, authority
    from bill
    where kind = 'credit_memo' and origin = 'manual' and copied_from is null and prior is not null
    union all
    select family, entity_no, doc, 1, abs(amount), authority
    from adjustment
    where reason <> 'small_difference'
)

select
    case when amount > authority and mix(doc, 711) % 2 = 0 then 1 else [0, 2, 3][1 + mix(doc, 711) % 3] end as kind,
    family, entity_no, doc, null, is_adjustment, amount
from reduction;

insert into plant
select 'AUT-01', * from chosen(4, 712);

update bill
set approved_by = case plant.kind
    when 0 then null
    when 1 then member(bill.entity_no, 'S1')
    when 2 then member(bill.entity_no, 'S9')
    else member(bill.entity_no, 'T1')
end
from plant
where plant.control_id = 'AUT-01' and plant.key = 0 and bill.doc = plant.doc;

update adjustment
set approved_by = case plant.kind
    when 0 then null
    when 1 then member(adjustment.entity_no, 'S1')
    when 2 then member(adjustment.entity_no, 'S9')
    else member(adjustment.entity_no, 'T1')
end
from plant
where plant.control_id = 'AUT-01' and plant.key = 1 and adjustment.doc = plant.doc;
