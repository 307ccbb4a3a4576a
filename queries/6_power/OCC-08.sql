/*---
control: OCC-08
plants: receipts that the bank took back and that stay applied to one invoice or to several
sized: false
touches: [receipts]
---*/
-- Receipts applied in full and without a discount: the ledger keeps their posting as it is.
create temp table bounced as
with promised as (
    select invoice_id from promises
    union
    select invoice_id from adjustments
),

applied as (
    select
        application.receipt_id,
        sum(application.amount) as amount,
        min(application.amount) as least_amount,
        max(application.applied_on) as applied_on,
        count(distinct application.invoice_id) as invoices,
        count(promised.invoice_id) as promises,
        count(case when application.discount_amount <> 0 then 1 end) as discounts,
        count(case when application.invoice_id in (select id from taken) then 1 end) as taken
    from applications as application
    left join promised on application.invoice_id = promised.invoice_id
    where application.receipt_id is not null
    group by application.receipt_id
),

whole as (
    select
        receipt.receipt_id,
        receipt.currency,
        receipt.amount,
        least(applied.invoices, 2) as kind
    from applied
    inner join receipts as receipt on applied.receipt_id = receipt.receipt_id
    where
        receipt.status <> 'reversed'
        and receipt.amount = applied.amount
        and receipt.received_on <= getvariable('as_of')
        and applied.applied_on <= getvariable('as_of')
        and applied.least_amount > 0
        and applied.promises = 0
        and applied.discounts = 0
        and applied.taken = 0
        and receipt.receipt_id not in (select subject_id from before)
        and receipt.receipt_id not in (select id from taken)
        and coalesce(receipt.customer_id not in (select id from taken), true)
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(receipt_id, 1), receipt_id) as turn
    from whole
)

select *
from ranked
order by turn, dice(receipt_id, 2), receipt_id
limit getvariable('errors');

update receipts set status = 'reversed'
from bounced
where receipts.receipt_id = bounced.receipt_id;

insert into planted by name
select
    receipt_id as subject_id,
    0 as expected_amount,
    amount as billed_amount,
    case kind
        when 1 then 'still applied to one invoice'
        else 'still applied to several invoices'
    end as what
from bounced;

insert into taken
select receipt_id
from bounced
union
select application.invoice_id
from applications as application
inner join bounced on application.receipt_id = bounced.receipt_id
