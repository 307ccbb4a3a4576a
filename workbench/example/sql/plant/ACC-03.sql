-- A price that was not agreed: the old one after a change, the general one for a customer with his own, a tier that was
-- not reached, an approval that had expired, an approval of another price, a contract line at another price.
delete from eligible;

insert into eligible
select 0, family, entity_no, doc, line_no, order_line, old_price
from plain_line
where flow = 'single' and ordered >= change_day
union all
select 1, own.family, own.entity_no, own.doc, own.line_no, own.order_line,
    case when own.ordered < general.change_day then general.old_price else general.new_price end
from plain_line as own
inner join price as general
    on general.scope = 'G' and own.product_no = general.product_no and own.entity_no = general.entity_no
where own.flow = 'single' and own.scope = 'C'
union all
select 2, general.family, general.entity_no, general.doc, general.line_no, general.order_line,
    case when general.ordered < general.change_day then price.old_tier_price else price.new_tier_price end
from plain_line as general
inner join price on price.scope = 'G' and general.product_no = price.product_no and general.entity_no = price.entity_no
where general.flow = 'single' and general.scope = 'G' and general.quantity < price.tier_from
union all
select 3 + mix(doc, 622) % 2, family, entity_no, doc, line_no, order_line, unit_price - unit_price // grain // 8 * grain - grain
from plain_line
where flow = 'single' and unit_price > 40 * grain
union all
select 5, -stretch.contract_no - 1, stretch.entity_no, stretch.doc, billed.line_no, stretch.contract_line,
    stretch.unit_price + stretch.unit * (50 + mix(stretch.doc, 623) % 400) * (1 - 2 * (mix(stretch.doc, 624) % 2))
from stretch
inner join contract_line_billed as billed
    on stretch.doc = billed.doc and stretch.contract_line = billed.contract_line and stretch.piece = billed.piece
inner join contract on stretch.contract_no = contract.contract_no
where stretch.is_whole and not contract.has_sla and not contract.has_discount;

insert into plant
select 'ACC-03', * from chosen(6, 621);

update line set unit_price = plant.amount
from plant
where plant.control_id = 'ACC-03' and line.doc = plant.doc and line.line_no = plant.line_no;
