/*---
control: VAL-03
plants: receipts, credit memos and invoices that were applied or adjusted beyond their amount
sized: true
touches: [receipts, applications, adjustments, gl_lines]
---*/
create temporary table chosen as
with bad_debt as (
    select distinct invoice_id
    from adjustments
    where kind = 'write_off'
),

promised as (
    select distinct invoice_id from promises
),

spent as (
    select
        coalesce(receipt_id, credit_invoice_id) as item_id,
        sum(amount) as amount,
        count(*) as uses
    from applications
    group by coalesce(receipt_id, credit_invoice_id)
),

paid as (
    select
        invoice_id,
        sum(amount) as amount
    from (
        select
            invoice_id,
            amount + coalesce(discount_amount, 0) as amount
        from applications
        union all
        select
            invoice_id,
            -amount as amount
        from adjustments
    ) as movement
    group by invoice_id
),

-- Invoices that are settled to the last cent, and receipts that are used up.
settled as (
    select
        invoice.invoice_id,
        invoice.entity_id,
        invoice.customer_id,
        invoice.currency,
        invoice.gross_amount,
        cast(getvariable('size') * minor_unit(invoice.currency) as decimal(18, 4)) as size
    from live_invoices as invoice
    inner join paid on invoice.invoice_id = paid.invoice_id and invoice.gross_amount = paid.amount
    left join bad_debt on invoice.invoice_id = bad_debt.invoice_id
    where
        invoice.kind <> 'credit_memo'
        and bad_debt.invoice_id is null
        and invoice.invoice_id not in (select subject_id from before)
        and invoice.invoice_id not in (select id from taken)
),

cash as (
    select
        application.application_id,
        application.receipt_id,
        application.applied_on,
        coalesce(application.posted_on, application.applied_on) as posted_on,
        receipt.received_on,
        coalesce(receipt.posted_on, receipt.received_on) as receipt_posted_on,
        receipt.amount as receipt_amount,
        spent.uses,
        settled.*
    from applications as application
    inner join settled on application.invoice_id = settled.invoice_id
    inner join receipts as receipt on application.receipt_id = receipt.receipt_id
    inner join spent on receipt.receipt_id = spent.item_id and receipt.amount = spent.amount
    where
        receipt.status <> 'reversed'
        and application.applied_on <= getvariable('as_of')
        and receipt.customer_id = settled.customer_id
        and receipt.entity_id = settled.entity_id
        and receipt.currency = settled.currency
        and receipt.amount > settled.size
        and receipt.receipt_id not in (select subject_id from before)
        and receipt.receipt_id not in (select id from taken)
),

credits as (
    select
        cash.invoice_id,
        min(credit.invoice_id) as credit_id,
        min(application.application_id) as credit_application_id,
        min(credit.gross_amount) as credit_amount
    from cash
    inner join applications as application on cash.invoice_id = application.invoice_id
    inner join live_invoices as credit on application.credit_invoice_id = credit.invoice_id
    inner join spent on credit.invoice_id = spent.item_id and -credit.gross_amount = spent.amount
    left join promised on cash.invoice_id = promised.invoice_id
    where
        cash.uses = 1
        and application.amount > 0
        and promised.invoice_id is null
        and credit.invoice_id not in (select subject_id from before)
        and credit.invoice_id not in (select id from taken)
    group by cash.invoice_id
    having count(*) = 1
),

-- An adjustment by somebody who may, and that is large enough for another of the size.
authorised as (
    select
        adjustment.invoice_id,
        min(adjustment.adjustment_id) as adjustment_id
    from adjustments as adjustment
    inner join settled on adjustment.invoice_id = settled.invoice_id and -adjustment.amount >= settled.size
    where
        adjustment.kind in ('billing_adjustment', 'discount')
        and adjustment.adjusted_on <= getvariable('as_of')
        and adjustment.reason_code is not null
        and adjustment.document_reference is not null
    group by adjustment.invoice_id
),

ways as (
    select
        cash.*,
        credits.credit_id,
        credits.credit_application_id,
        -credits.credit_amount as credit_amount,
        authorised.adjustment_id,
        case
            when credits.credit_id is not null then 4
            when authorised.adjustment_id is not null then 3
            else 1 + dice(cash.invoice_id, 1) % 2
        end as kind
    from cash
    left join credits on cash.invoice_id = credits.invoice_id
    left join authorised on cash.invoice_id = authorised.invoice_id
),

once as (
    select *
    from ways
    qualify row_number() over (partition by invoice_id order by dice(application_id, 2), application_id) = 1
),

alone as (
    select *
    from once
    qualify row_number() over (partition by receipt_id order by dice(application_id, 2), application_id) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(application_id, 3), application_id) as turn
    from alone
)

select
    *,
    case kind when 1 then receipt_id when 4 then credit_id else invoice_id end as subject_id,
    case kind when 1 then receipt_amount - size when 4 then credit_amount else gross_amount end as expected_amount
from spread
order by turn, dice(kind || currency, 4), kind, currency
limit getvariable('errors');

update receipts
set amount = receipts.amount - chosen.size
from chosen
where receipts.receipt_id = chosen.receipt_id and chosen.kind in (1, 4);

update applications
set amount = applications.amount - chosen.size
from chosen
where applications.application_id = chosen.application_id and chosen.kind = 4;

update applications
set amount = applications.amount + chosen.size
from chosen
where applications.application_id = chosen.credit_application_id and chosen.kind = 4;

insert into receipts by name
select
    application_id || '-VAL-03' as receipt_id,
    entity_id,
    customer_id,
    applied_on as received_on,
    posted_on,
    currency,
    size as amount,
    'again ' || invoice_id as reference,
    'bank ' || application_id as bank_reference,
    'applied' as status
from chosen
where kind = 2;

insert into applications by name
select
    application_id || '-VAL-03' as application_id,
    application_id || '-VAL-03' as receipt_id,
    invoice_id,
    applied_on,
    posted_on,
    size as amount,
    0 as discount_amount
from chosen
where kind = 2;

insert into adjustments by name
select
    adjustment.* replace (
        adjustment.adjustment_id || '-VAL-03' as adjustment_id,
        -chosen.size as amount
    )
from adjustments as adjustment
inner join chosen on adjustment.adjustment_id = chosen.adjustment_id
where chosen.kind = 3;

-- Less cash than was entered, more cash, or a second adjustment.
insert into gl_lines by name
with account as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'cash', 'other')
    group by entity_id, account_kind
),

posting as (
    select
        chosen.entity_id,
        chosen.customer_id,
        chosen.currency,
        case when chosen.kind in (1, 4) then chosen.size else -chosen.size end as amount,
        case when chosen.kind = 3 then 'adjustment' else 'receipt' end as source_kind,
        case when chosen.kind = 3 then 'other' else 'cash' end as other_kind,
        case chosen.kind
            when 2 then chosen.application_id || '-VAL-03'
            when 3 then chosen.adjustment_id || '-VAL-03'
            else chosen.receipt_id
        end as source_id,
        case chosen.kind
            when 2 then chosen.posted_on
            when 3 then coalesce(adjustment.posted_on, adjustment.adjusted_on)
            else chosen.receipt_posted_on
        end as posted_on
    from chosen
    left join adjustments as adjustment on chosen.adjustment_id = adjustment.adjustment_id
)

select
    posting.source_id || '-VAL-03-' || account.account_kind as gl_line_id,
    posting.entity_id,
    account.account,
    account.account_kind,
    posting.posted_on,
    posting.currency,
    case account.account_kind when 'receivable' then posting.amount else -posting.amount end as amount,
    posting.source_kind,
    posting.source_id,
    posting.customer_id
from posting
inner join account
    on posting.entity_id = account.entity_id and account.account_kind in ('receivable', posting.other_kind);

insert into planted
select
    subject_id,
    expected_amount,
    expected_amount + size as billed_amount,
    case kind
        when 1 then 'more applied than was received'
        when 2 then 'a second receipt for a paid invoice'
        when 3 then 'an adjustment of a paid invoice'
        else 'more applied than was credited'
    end as what
from chosen;

insert into taken
select invoice_id from chosen
union
select receipt_id from chosen
union
select application_id from chosen
union
select application_id || '-VAL-03' from chosen
union
select adjustment_id || '-VAL-03' from chosen
where adjustment_id is not null
union
select credit_id from chosen
where credit_id is not null;
