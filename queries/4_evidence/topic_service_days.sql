/*---
query: topic_service_days
what: >
  The days of a contract's charges: when each may be billed, what live lines bill, and pauses; half-open, an open end is
  null.
---*/
select
    'service' as kind,
    charge.contract_line_id,
    coalesce(product.name, charge.product_id) as words,
    charge.triggered_on as day_from,
    charge.stops_on as day_to,
    cast(null as varchar) as document,
    charge.currency,
    cast(null as decimal(18, 4)) as amount
from charges as charge
left join products as product on charge.product_id = product.product_id
where charge.contract_id = $contract and charge.charge_type = 'recurring'
union all
select
    case when line.kind = 'credit_memo' then 'credited' else 'billed' end as kind,
    line.contract_line_id,
    cast(null as varchar) as words,
    line.period_from as day_from,
    line.period_to as day_to,
    line.invoice_id as document,
    line.currency,
    line.net_amount as amount
from live_lines as line
inner join charges as charge on line.contract_line_id = charge.contract_line_id
where charge.contract_id = $contract and charge.charge_type = 'recurring' and line.period_from is not null
union all
select
    'paused' as kind,
    pause.contract_line_id,
    pause.reason as words,
    pause.paused_from as day_from,
    pause.paused_to as day_to,
    cast(null as varchar) as document,
    cast(null as varchar) as currency,
    cast(null as decimal(18, 4)) as amount
from service_pauses as pause
inner join charges as charge on pause.contract_line_id = charge.contract_line_id
where charge.contract_id = $contract
order by contract_line_id, kind, day_from, document
