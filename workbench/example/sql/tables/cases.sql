select
    padded('Q', doc, 11) as case_id,
    entity.entity_id,
    customer_key(customer_no) as customer_id,
    invoice_key(doc) as invoice_id,
    ['price', 'quantity', 'delivery', 'tax', 'duplicate'][1 + draw % 5] as category,
    'P' || cast(priority as varchar) as priority,
    ['gold', 'silver', 'standard'][1 + draw % 3] as tier,
    at_second(0, opened) as opened_at,
    case when responded < 86400 * (getvariable('last_day') + 1) then at_second(0, responded) end as first_response_at,
    case when resolved < 86400 * (getvariable('last_day') + 1) then at_second(0, resolved) end as resolved_at,
    paused as paused_minutes,
    case when resolved < 86400 * (getvariable('last_day') + 1) then 'closed' else 'open' end as status,
    clerk(entity.entity_no, doc) as owner,
    money(to_unit(gross, 1 + draw % 4, customer_case.unit)) as disputed_amount,
    customer_case.currency,
    ['customer error', 'late price', 'short delivery'][1 + draw % 3] as root_cause
from customer_case
inner join entity on customer_case.entity_no = entity.entity_no
order by doc
