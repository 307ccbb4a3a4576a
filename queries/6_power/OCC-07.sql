/*---
control: OCC-07
plants: receipts booked again within three days, with the reference of the bank, of the customer, or both
sized: false
touches: [receipts, gl_lines]
---*/
-- Receipts of the last weeks, so that what is booked again has not been idle for long; where a customer's debt was
-- written off since, idle cash would be another error.
create temp table twice as
with received as (
    select
        *,
        count(*) over (partition by customer_id, currency, amount) as peers
    from receipts
),

written_off as (
    select
        invoice.customer_id,
        max(adjustment.adjusted_on) as adjusted_on
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
    where adjustment.kind = 'write_off'
    group by invoice.customer_id
),

recent as (
    select
        receipt.*,
        case
            when coalesce(trim(receipt.reference), '') = '' then 0
            when coalesce(trim(receipt.bank_reference), '') = '' then 1
            else dice(receipt.receipt_id, 1) % 3
        end as kind
    from received as receipt
    left join written_off on receipt.customer_id = written_off.customer_id
    where
        receipt.peers = 1
        and receipt.amount > 0
        and receipt.status <> 'reversed'
        and receipt.received_on >= getvariable('as_of') - 30
        and receipt.received_on <= getvariable('as_of') - 3
        and coalesce(trim(receipt.reference), '') || coalesce(trim(receipt.bank_reference), '') <> ''
        and coalesce(written_off.adjusted_on < receipt.received_on, true)
        and receipt.receipt_id not in (select subject_id from before)
        and receipt.receipt_id not in (select id from taken)
        and receipt.customer_id not in (select id from taken)
),

ranked as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(receipt_id, 2), receipt_id) as turn
    from recent
)

select
    receipt_id,
    currency,
    amount,
    kind,
    receipt_id || '-OCC07' as again_id,
    received_on + cast(case kind when 2 then 0 else 1 + dice(receipt_id, 3) % 3 end as integer) as again_on
from ranked
order by turn, dice(receipt_id, 4), receipt_id
limit getvariable('errors');

insert into receipts by name
select
    original.* replace (
        again.again_id as receipt_id,
        again.again_on as received_on,
        again.again_on as posted_on,
        case again.kind when 0 then again.again_id else original.reference end as reference,
        case again.kind when 1 then again.again_id else original.bank_reference end as bank_reference,
        'unapplied' as status
    )
from receipts as original
inner join twice as again on original.receipt_id = again.receipt_id;

insert into gl_lines by name
select
    original.* replace (
        original.gl_line_id || '-OCC07' as gl_line_id,
        again.again_on as posted_on,
        again.again_id as source_id
    )
from gl_lines as original
inner join twice as again on original.source_id = again.receipt_id;

insert into planted by name
select
    again_id as subject_id,
    0 as expected_amount,
    amount as billed_amount,
    case kind
        when 0 then 'the same reference of the bank'
        when 1 then 'the same reference of the customer'
        else 'both references on the same day'
    end as what
from twice;

insert into taken
select unnest([receipt_id, again_id])
from twice
