select
    padded('ST', settlement, 6) as settlement_id,
    entity.entity_id,
    padded('T', partner_no, 2) as partner_id,
    'payable' as direction,
    on_day(period_from) as period_from,
    on_day(period_to) as period_to,
    entity.currency,
    money(gross) as gross_amount,
    money(fees) as fees_amount,
    money(0) as refunds_amount,
    money(0) as reserve_amount,
    money(0) as tax_amount,
    money(gross - fees) as net_amount,
    'paid' as status,
    on_day(period_to + 2) as paid_on,
    padded('BS', settlement, 12) as bank_line_id
from settlement_head
inner join entity on settlement_head.entity_no = entity.entity_no
order by settlement
