/*---
note: Documents in instalments; the last due date was taken
---*/
select
    plain_value(customer_trx_id) as subject,
    string_agg(plain_value(due_date), ', ' order by read_int(plain_value(terms_sequence_number))) as note
from ar_payment_schedules_all
where plain_value(customer_trx_id) is not null
group by plain_value(customer_trx_id)
having count(distinct plain_value(due_date)) > 1
order by subject
