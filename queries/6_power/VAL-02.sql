/*---
control: VAL-02
plants: credit memos of which a part, or all, was neither applied nor refunded
sized: true
touches: [applications, receipts, adjustments, gl_lines]
---*/
-- What the credit memo leaves open on its invoice the customer pays, so that nothing becomes overdue. One that was
-- never applied has the size it has.
create temporary table chosen as
with bad_debt as (
    select distinct invoice_id
    from adjustments
    where kind = 'write_off'
),

uses as (
    select
        credit_invoice_id as credit_id,
        1 as kind,
        application_id as move_id,
        invoice_id,
        amount,
        applied_on as moved_on,
        coalesce(posted_on, applied_on) as posted_on
    from applications
    where credit_invoice_id is not null
    union all
    select
        invoice_id as credit_id,
        2 as kind,
        adjustment_id as move_id,
        cast(null as varchar) as invoice_id,
        amount,
        adjusted_on as moved_on,
        coalesce(posted_on, adjusted_on) as posted_on
    from adjustments
    where kind = 'refund' and amount > 0
),

settled as (
    select
        credit_id,
        sum(amount) as amount,
        max(moved_on) as last_on
    from uses
    group by credit_id
),

closed as (
    select
        uses.* replace (
            case when uses.kind = 1 and dice(uses.credit_id, 4) % 3 = 0 then 3 else uses.kind end as kind
        ),
        credit.entity_id,
        credit.customer_id,
        credit.currency,
        cast(getvariable('size') * minor_unit(credit.currency) as decimal(18, 4)) as size
    from uses
    inner join live_invoices as credit on uses.credit_id = credit.invoice_id
    inner join settled on uses.credit_id = settled.credit_id and -credit.gross_amount = settled.amount
    left join live_invoices as target on uses.invoice_id = target.invoice_id
    left join bad_debt on uses.invoice_id = bad_debt.invoice_id
    where
        credit.kind = 'credit_memo'
        and credit.invoice_date < getvariable('as_of') - 30
        and settled.last_on <= getvariable('as_of')
        and bad_debt.invoice_id is null
        and (
            uses.kind = 2
            or (
                target.kind <> 'credit_memo'
                and target.customer_id = credit.customer_id
                and target.entity_id = credit.entity_id
                and target.currency = credit.currency
            )
        )
        and uses.credit_id not in (select subject_id from before)
        and uses.credit_id not in (select id from taken)
        and coalesce(uses.invoice_id not in (select id from taken), true)
        and coalesce(credit.original_invoice_id not in (select id from taken), true)
),

once as (
    select * replace (case when kind = 3 then amount else size end as size)
    from closed
    where amount > size or kind = 3
    qualify row_number() over (partition by coalesce(invoice_id, credit_id) order by dice(move_id, 1), move_id) = 1
),

alone as (
    select *
    from once
    qualify row_number() over (partition by credit_id order by dice(move_id, 1), move_id) = 1
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(move_id, 2), move_id) as turn
    from alone
)

select *
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

update applications
set amount = applications.amount - chosen.size
from chosen
where applications.application_id = chosen.move_id and chosen.kind = 1;

delete from applications
where application_id in (
    select chosen.move_id
    from chosen
    where chosen.kind = 3
);

update adjustments
set amount = adjustments.amount - chosen.size
from chosen
where adjustments.adjustment_id = chosen.move_id and chosen.kind = 2;

insert into receipts by name
select
    move_id || '-VAL-02' as receipt_id,
    entity_id,
    customer_id,
    moved_on as received_on,
    posted_on,
    currency,
    size as amount,
    'rest of ' || move_id as reference,
    'bank ' || move_id as bank_reference,
    'applied' as status
from chosen
where kind <> 2;

insert into applications by name
select
    move_id || '-VAL-02' as application_id,
    move_id || '-VAL-02' as receipt_id,
    invoice_id,
    moved_on as applied_on,
    posted_on,
    size as amount,
    0 as discount_amount
from chosen
where kind <> 2;

-- The receipt of the one kind and the smaller refund of the other are the same two postings.
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
    chosen.move_id || '-VAL-02-' || account.account_kind as gl_line_id,
    chosen.entity_id,
    account.account,
    account.account_kind,
    chosen.posted_on,
    chosen.currency,
    case account.account_kind when 'cash' then chosen.size else -chosen.size end as amount,
    case chosen.kind when 2 then 'adjustment' else 'receipt' end as source_kind,
    case chosen.kind when 2 then chosen.move_id else chosen.move_id || '-VAL-02' end as source_id,
    chosen.customer_id
from chosen
inner join account on chosen.entity_id = account.entity_id;

insert into planted
select
    credit_id as subject_id,
    0 as expected_amount,
    size as billed_amount,
    case kind
        when 1 then 'not all of it was applied'
        when 2 then 'not all of it was refunded'
        else 'nothing of it was applied'
    end as what
from chosen;

insert into taken
select credit_id from chosen
union
select move_id from chosen
union
select move_id || '-VAL-02' from chosen
union
select invoice_id from chosen
where invoice_id is not null
union
select credit.original_invoice_id
from chosen
inner join invoices as credit on chosen.credit_id = credit.invoice_id
where credit.original_invoice_id is not null;
