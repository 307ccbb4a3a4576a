select
    padded('A', application.application, 10) as application_id,
    receipt_key(application.receipt) as receipt_id,
    cast(null as varchar) as credit_invoice_id,
    invoice_key(application.doc) as invoice_id,
    on_day(application.day) as applied_on,
    on_day(application.day) as posted_on,
    money(application.amount) as amount,
    money(application.discount) as discount_amount,
    'U-SYSTEM' as applied_by
from application
union all
select
    padded('AC', doc, 11), null, invoice_key(doc), invoice_key(prior), on_day(day), on_day(day), money(amount), money(0), 'U-SYSTEM'
from credit_application
order by application_id
