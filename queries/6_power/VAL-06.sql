/*---
control: VAL-06
plants: debt written off before half a year was over, while the customer's money was there, or before it was paid
sized: false
touches: [adjustments, applications, receipts, gl_lines]
---*/
create temporary table chosen as
with moved as (
    select
        invoice_id,
        sum(amount) as amount,
        max(moved_on) as last_on
    from (
        select
            invoice_id,
            -amount - coalesce(discount_amount, 0) as amount,
            applied_on as moved_on
        from applications
        union all
        select
            invoice_id,
            amount,
            adjusted_on as moved_on
        from adjustments
    ) as movement
    group by invoice_id
),

people as (
    select
        customer_id,
        bool_or(status = 'suspended') as is_suspended
    from customers
    group by customer_id
),

debts as (
    select
        invoice.invoice_id,
        invoice.entity_id,
        invoice.customer_id,
        invoice.currency,
        invoice.due_date,
        invoice.gross_amount + coalesce(moved.amount, 0) as open_amount,
        least(getvariable('as_of'), coalesce(invoice.due_date, invoice.invoice_date) + 179) as last_on,
        greatest(invoice.invoice_date, moved.last_on) as first_on
    from live_invoices as invoice
    left join moved on invoice.invoice_id = moved.invoice_id
    left join people on invoice.customer_id = people.customer_id
    where
        invoice.kind <> 'credit_memo'
        and not coalesce(people.is_suspended, false)
        and invoice.invoice_id not in (select id from taken)
        and invoice.customer_id not in (select id from taken)
),

-- Who decided the largest write-off of a currency may decide a smaller one.
deciders as (
    select
        invoice.currency,
        adjustment.*
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
    inner join users as approver on adjustment.approved_by = approver.user_id
    where
        adjustment.kind = 'write_off'
        and adjustment.amount < 0
        and adjustment.created_by <> adjustment.approved_by
        and adjustment.reason_code is not null
        and adjustment.document_reference is not null
        and approver.active_to is null
    qualify row_number() over (partition by invoice.currency order by adjustment.amount, adjustment.adjustment_id) = 1
),

early as (
    select
        1 as kind,
        debts.*,
        decider.adjustment_id as sample_id,
        debts.invoice_id || '-VAL-06' as adjustment_id,
        debts.last_on as adjusted_on,
        debts.open_amount as amount,
        dice(debts.invoice_id, 1) as turn
    from debts
    inner join deciders as decider on debts.currency = decider.currency and debts.open_amount <= -decider.amount
    where
        debts.open_amount > 0
        and debts.first_on <= debts.last_on
        and debts.last_on >= decider.adjusted_on
),

-- What was written off in time, and what is to come too late: money on the same day, or a payment on a later one.
timely as (
    select
        debts.*,
        adjustment.adjustment_id,
        adjustment.adjusted_on,
        -adjustment.amount as amount,
        lag(adjustment.adjusted_on) over (
            partition by debts.customer_id order by adjustment.adjusted_on, adjustment.adjustment_id
        ) as earlier_on,
        lead(adjustment.adjusted_on) over (
            partition by debts.customer_id order by adjustment.adjusted_on, adjustment.adjustment_id
        ) as later_on
    from adjustments as adjustment
    inner join debts on adjustment.invoice_id = debts.invoice_id
    where adjustment.kind = 'write_off' and adjustment.amount < 0
),

in_vain as (
    select
        2 + dice(adjustment_id, 2) % 2 as kind,
        * exclude (adjustment_id, adjusted_on, amount, earlier_on, later_on),
        adjustment_id as sample_id,
        adjustment_id,
        adjusted_on,
        amount,
        dice(adjustment_id, 3) as turn
    from timely
    where
        later_on is null
        and coalesce(earlier_on < adjusted_on, true)
        and adjusted_on < getvariable('as_of')
        and days_between(due_date, adjusted_on) >= 180
        and open_amount = 0
        and first_on = adjusted_on
        and amount > getvariable('size') * minor_unit(currency)
        and adjustment_id not in (select subject_id from before)
        and adjustment_id not in (select id from taken)
),

possible as (
    select * from early
    union all by name
    select * from in_vain
),

-- The two late kinds are few.
once as (
    select *
    from possible
    qualify row_number() over (partition by customer_id order by least(kind, 2) desc, turn asc, adjustment_id asc) = 1
),

spread as (
    select
        * exclude (turn),
        cast(getvariable('size') * minor_unit(currency) as decimal(18, 4)) as size,
        row_number() over (partition by kind, currency order by turn, adjustment_id) as turn
    from once
)

select *
from spread
order by turn, dice(kind || currency, 4), kind, currency
limit getvariable('errors');

insert into adjustments by name
select
    sample.* replace (
        chosen.adjustment_id as adjustment_id,
        chosen.invoice_id as invoice_id,
        -chosen.amount as amount,
        chosen.adjusted_on as adjusted_on,
        chosen.adjusted_on as posted_on,
        'MEMO ' || chosen.adjustment_id as document_reference,
        sample.created_at + to_days(cast(chosen.adjusted_on - sample.adjusted_on as integer)) as created_at,
        sample.approved_at + to_days(cast(chosen.adjusted_on - sample.adjusted_on as integer)) as approved_at
    )
from adjustments as sample
inner join chosen on sample.adjustment_id = chosen.sample_id
where chosen.kind = 1;

-- Less is written off, and the rest is paid the day after.
update adjustments
set amount = adjustments.amount + chosen.size
from chosen
where adjustments.adjustment_id = chosen.adjustment_id and chosen.kind = 3;

insert into receipts by name
select
    adjustment_id || '-VAL-06' as receipt_id,
    entity_id,
    customer_id,
    case kind when 2 then adjusted_on else adjusted_on + 1 end as received_on,
    case kind when 2 then adjusted_on else adjusted_on + 1 end as posted_on,
    currency,
    size as amount,
    'late ' || adjustment_id as reference,
    'bank ' || adjustment_id as bank_reference,
    case kind when 2 then 'on_account' else 'applied' end as status
from chosen
where kind > 1;

insert into applications by name
select
    adjustment_id || '-VAL-06' as application_id,
    adjustment_id || '-VAL-06' as receipt_id,
    invoice_id,
    adjusted_on + 1 as applied_on,
    adjusted_on + 1 as posted_on,
    size as amount,
    0 as discount_amount
from chosen
where kind = 3;

insert into gl_lines by name
with account as (
    select
        entity_id,
        account_kind,
        min(account) as account
    from gl_lines
    where account_kind in ('receivable', 'cash', 'bad_debt')
    group by entity_id, account_kind
),

posting as (
    select
        *,
        'write_off' as source_kind,
        adjustment_id as source_id,
        'bad_debt' as other_kind,
        adjusted_on as posted_on,
        case kind when 1 then -amount else size end as receivable
    from chosen
    where kind in (1, 3)
    union all
    select
        *,
        'receipt' as source_kind,
        adjustment_id || '-VAL-06' as source_id,
        'cash' as other_kind,
        case kind when 2 then adjusted_on else adjusted_on + 1 end as posted_on,
        -size as receivable
    from chosen
    where kind in (2, 3)
)

select
    posting.source_id || '-' || posting.source_kind || '-' || account.account_kind as gl_line_id,
    posting.entity_id,
    account.account,
    account.account_kind,
    coalesce(
        case when posting.kind = 3 and posting.source_kind = 'write_off' then written_off.posted_on end,
        posting.posted_on
    ) as posted_on,
    posting.currency,
    case account.account_kind when 'receivable' then posting.receivable else -posting.receivable end as amount,
    posting.source_kind,
    posting.source_id,
    posting.customer_id
from posting
inner join adjustments as written_off on posting.adjustment_id = written_off.adjustment_id
inner join account
    on posting.entity_id = account.entity_id and account.account_kind in ('receivable', posting.other_kind);

insert into planted
select
    adjustment_id as subject_id,
    0 as expected_amount,
    case kind when 3 then size - amount else -amount end as billed_amount,
    case kind
        when 1 then 'written off before half a year was over'
        when 2 then 'written off while money was there'
        else 'written off and paid afterwards'
    end as what
from chosen;

insert into taken
select customer_id from chosen
union
select invoice_id from chosen
union
select adjustment_id from chosen
union
select adjustment_id || '-VAL-06' from chosen
where kind > 1;
