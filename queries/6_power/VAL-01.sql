/*---
control: VAL-01
plants: cash that nobody applied, of a known and of an unknown payer
sized: true
touches: [receipts, gl_lines]
---*/
-- No kind opens an invoice again. A customer whose debt was written off later is left alone: that would be VAL-06's.
create temporary table chosen as
with given_up as (
    select
        invoice.customer_id,
        max(adjustment.adjusted_on) as last_on
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
    where adjustment.kind = 'write_off'
    group by invoice.customer_id
),

used as (
    select
        receipt_id,
        sum(amount) as amount
    from applications
    where receipt_id is not null
    group by receipt_id
),

spent as (
    select
        receipt.receipt_id,
        receipt.entity_id,
        receipt.customer_id,
        receipt.currency,
        receipt.received_on,
        coalesce(receipt.posted_on, receipt.received_on) as posted_on,
        cast(getvariable('size') * minor_unit(receipt.currency) as decimal(18, 4)) as amount,
        1 + dice(receipt.receipt_id, 1) % 3 as kind
    from receipts as receipt
    inner join used on receipt.receipt_id = used.receipt_id and receipt.amount = used.amount
    left join given_up on receipt.customer_id = given_up.customer_id
    where
        receipt.status not in ('reversed', 'on_account')
        and receipt.customer_id is not null
        and receipt.amount > 0
        and receipt.received_on < getvariable('as_of') - 30
        and coalesce(given_up.last_on < receipt.received_on, true)
        and receipt.receipt_id not in (select subject_id from before)
        and receipt.receipt_id not in (select id from taken)
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(receipt_id, 2), receipt_id) as turn
    from spent
)

select
    *,
    case when kind = 1 then receipt_id else receipt_id || '-VAL-01' end as subject_id
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

update receipts
set
    amount = receipts.amount + chosen.amount,
    status = 'unapplied'
from chosen
where receipts.receipt_id = chosen.receipt_id and chosen.kind = 1;

insert into receipts by name
select
    receipt.* replace (
        chosen.subject_id as receipt_id,
        case when chosen.kind = 2 then receipt.customer_id end as customer_id,
        chosen.amount as amount,
        'unapplied to ' || chosen.subject_id as reference,
        'bank ' || chosen.subject_id as bank_reference,
        case when chosen.kind = 2 then 'unapplied' else 'unidentified' end as status
    )
from receipts as receipt
inner join chosen on receipt.receipt_id = chosen.receipt_id
where chosen.kind > 1;

insert into gl_lines by name
with account as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'cash')
    group by entity_id, account_kind
)

select
    chosen.subject_id || '-VAL-01-' || account.account_kind as gl_line_id,
    chosen.entity_id,
    account.account,
    account.account_kind,
    chosen.posted_on,
    chosen.currency,
    case account.account_kind when 'cash' then chosen.amount else -chosen.amount end as amount,
    'receipt' as source_kind,
    chosen.subject_id as source_id,
    case when chosen.kind < 3 then chosen.customer_id end as customer_id
from chosen
inner join account on chosen.entity_id = account.entity_id;

insert into planted
select
    subject_id,
    0 as expected_amount,
    amount as billed_amount,
    case kind
        when 1 then 'the customer paid more than was applied'
        when 2 then 'a whole receipt was never applied'
        else 'money of an unknown payer'
    end as what
from chosen;

insert into taken
select receipt_id from chosen
union
select subject_id from chosen
union
select customer_id from chosen;
