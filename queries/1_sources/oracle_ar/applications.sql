/*---
table: applications
what: >
  The rows that set a receipt or a credit memo against a document (APP), with the discounts that were earned and those
  that were not. One that was taken back has a second row below zero, with its own date, as Oracle keeps it. What a
  receipt or credit memo gave to an activity (ACTIVITY: refunds, write-offs, netting) is set against activity/ and the
  number of the seeded payment schedule, which is no document. The other rows only say where the rest of a receipt is.
rows_of: ar_receivable_applications_all
---*/
select
    plain_value(receivable_application_id) as application_id,
    case when plain_value(application_type) = 'CM' then null else plain_value(cash_receipt_id) end as receipt_id,
    case when plain_value(application_type) = 'CM' then plain_value(customer_trx_id) end as credit_invoice_id,
    case
        when plain_value(status) = 'ACTIVITY'
            then 'activity/' || coalesce(plain_value(applied_payment_schedule_id), 'none')
        else plain_value(applied_customer_trx_id)
    end as invoice_id,
    regexp_replace(plain_value(apply_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as applied_on,
    regexp_replace(plain_value(gl_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as posted_on,
    amount_applied as amount,
    case
        when plain_value(unearned_discount_taken) is null then plain_value(earned_discount_taken)
        when plain_value(earned_discount_taken) is null then plain_value(unearned_discount_taken)
        when read_money(plain_value(unearned_discount_taken)) = 0 then plain_value(earned_discount_taken)
        when read_money(plain_value(earned_discount_taken)) = 0 then plain_value(unearned_discount_taken)
        else
            coalesce(
                cast(
                    read_money(plain_value(earned_discount_taken)) + read_money(plain_value(unearned_discount_taken))
                    as varchar
                ),
                plain_value(earned_discount_taken) || ' and ' || plain_value(unearned_discount_taken)
            )
    end as discount_amount,
    created_by as applied_by,
    _source,
    _row
from ar_receivable_applications_all
where plain_value(status) in ('APP', 'ACTIVITY') and coalesce(plain_value(confirmed_flag), 'Y') <> 'N'
order by _source, _row
