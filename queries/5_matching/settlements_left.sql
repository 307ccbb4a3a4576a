/*---
id: MAT-06
title: Sales and refunds that a partner settled, a line each
what: settlements
side: left
needs:
  settlements: [settlement_id, entity_id, partner_id, period_from, period_to, currency, status]
  settlement_lines: [settlement_line_id, settlement_id, kind, amount]
uses:
  settlement_lines: [order_id]
  partners: [partner_id, name]
cardinality: "1:1"
---*/
select
    line.settlement_line_id as id,
    line.kind,
    settlement.entity_id as entity,
    null as "group",
    settlement.currency,
    case line.kind when 'refund' then -line.amount else line.amount end as amount,
    settlement.period_from as day,
    list_filter([line.order_id], lambda text: text is not null) as "references",
    partner.name
from settlement_lines as line
inner join settlements as settlement on line.settlement_id = settlement.settlement_id
left join partners as partner on settlement.partner_id = partner.partner_id
where
    line.kind in ('sale', 'refund')
    and settlement.status not in ('draft', 'cancelled')
    and settlement.period_from <= $as_of
