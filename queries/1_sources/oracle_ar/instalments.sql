/*---
table: instalments
what: >
  The payment schedules of documents above zero that are due in several parts, one row each, numbered by their
  TERMS_SEQUENCE_NUMBER, else in the order of their due dates. What a schedule was of counts, not what is left of it:
  which money settled a part follows from the due dates, oldest first. A document with one schedule is due as a whole.
rows_of: ar_payment_schedules_all
---*/
-- A row that comes twice counts once, as in the documents.
with schedules as (
    select
        *,
        plain_value(customer_trx_id) as invoice_id,
        regexp_replace(plain_value(due_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as due_on,
        row_number() over (partition by plain_value(payment_schedule_id) order by _source, _row) as turn
    from ar_payment_schedules_all
    where plain_value(customer_trx_id) is not null
),

documents as (
    select invoice_id
    from schedules
    where turn = 1
    group by invoice_id
    having count(*) > 1 and coalesce(sum(read_money(plain_value(amount_due_original))), 0) >= 0
)

select
    schedules.invoice_id,
    coalesce(
        plain_value(schedules.terms_sequence_number),
        cast(
            row_number() over (
                partition by schedules.invoice_id
                order by schedules.due_on, plain_value(schedules.payment_schedule_id)
            ) as varchar
        )
    ) as part,
    schedules.due_on as due_date,
    plain_value(schedules.amount_due_original) as amount,
    schedules._source,
    schedules._row
from schedules
inner join documents on schedules.invoice_id = documents.invoice_id
where schedules.turn = 1
order by schedules._source, schedules._row
