select
    padded('J', doc, 11) as adjustment_id,
    invoice_key(doc) as invoice_id,
    kind,
    money(amount) as amount,
    on_day(day) as adjusted_on,
    on_day(day) as posted_on,
    reason as reason_code,
    padded('MEMO-', doc, 11) as document_reference,
    created_by,
    at_second(day, 36000) as created_at,
    approved_by,
    case when approved_by is not null then at_second(day, 50000) end as approved_at
from adjustment
order by doc
