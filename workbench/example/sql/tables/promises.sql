select
    padded('W', doc, 11) as promise_id,
    customer_key(customer_no) as customer_id,
    invoice_key(doc) as invoice_id,
    on_day(promised_on) as promised_on,
    on_day(promised_for) as promised_for,
    money(amount) as amount
from promise
order by doc
