/*---
control: PRO-02
plants: promises to pay that were kept in part, a day late, or not at all
sized: true
touches: [promises]
---*/
-- What came a day late was promised with the size it has.
create temporary table chosen as
with money as (
    select
        application.invoice_id,
        application.applied_on,
        application.amount
    from applications as application
    inner join receipts as receipt on application.receipt_id = receipt.receipt_id
    where receipt.status <> 'reversed' and application.applied_on <= getvariable('as_of')
),

paid as (
    select
        invoice_id,
        sum(amount) as amount,
        min(applied_on) as first_on,
        max(applied_on) as last_on
    from money
    group by invoice_id
),

-- Documents of every kind of payment: paid, in more than one go, or not at all.
documents as (
    select
        invoice.invoice_id,
        invoice.customer_id,
        invoice.currency,
        invoice.invoice_date,
        cast(getvariable('size') * minor_unit(invoice.currency) as decimal(18, 4)) as size,
        paid.amount,
        paid.first_on,
        paid.last_on,
        case when paid.invoice_id is null then 3 else 1 + dice(invoice.invoice_id, 1) % 2 end as kind
    from live_invoices as invoice
    left join paid on invoice.invoice_id = paid.invoice_id
    where
        invoice.kind <> 'credit_memo'
        and coalesce(paid.last_on, invoice.invoice_date) < getvariable('as_of') - 2
        and coalesce(paid.first_on - 2 >= invoice.invoice_date, true)
        and coalesce(paid.amount > 0, true)
        and invoice.invoice_id not in (select id from taken)
),

spread as (
    select
        *,
        invoice_id || '-PRO-02' as promise_id,
        case kind when 1 then amount + size when 2 then amount else size end as promised,
        case kind when 1 then amount else 0 end as kept,
        case kind
            when 1 then last_on
            when 2 then first_on - 1
            else getvariable('as_of') - 1
        end as promised_for,
        row_number() over (partition by kind, currency order by dice(invoice_id, 2), invoice_id) as turn
    from documents
)

select *
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

insert into promises by name
select
    promise_id,
    customer_id,
    invoice_id,
    greatest(invoice_date, promised_for - 7) as promised_on,
    promised_for,
    promised as amount
from chosen;

insert into planted
select
    promise_id as subject_id,
    promised as expected_amount,
    kept as billed_amount,
    case kind
        when 1 then 'less was paid than promised'
        when 2 then 'paid one day late'
        else 'nothing was paid'
    end as what
from chosen;

insert into taken
select invoice_id from chosen
union
select promise_id from chosen;
