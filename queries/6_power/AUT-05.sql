/*---
control: AUT-05
plants: credit memos for more than was billed, and for invoices that do not exist
sized: true
touches: [invoices, invoice_lines, gl_lines]
---*/
-- Invoices that were not credited yet. A credit of the same month that is not old yet is preferred: a later one crosses
-- the close, an older one is open too long.
create temp table wrong as
with eligible as (
    select
        invoice.invoice_id,
        invoice.order_id,
        invoice.contract_id,
        invoice.currency,
        invoice.net_amount,
        invoice.tax_amount,
        invoice.gross_amount,
        invoice.invoice_date + 2 as credited_on,
        dice(invoice.invoice_id, 2) % 3 = 0 as is_unknown,
        case
            when
                month_of(invoice.invoice_date + 2) = month_of(invoice.invoice_date)
                and invoice.invoice_date > getvariable('as_of') - 28
                then 0
            else 1
        end as preference,
        cast(getvariable('size') * minor_unit(invoice.currency) as decimal(18, 4)) as amount_off
    from live_invoices as invoice
    where
        invoice.kind = 'invoice'
        and invoice.invoice_date + 2 <= getvariable('as_of')
        and invoice.gross_amount > 0
        and invoice.gross_amount = invoice.net_amount + invoice.tax_amount
        and invoice.invoice_id not in (select before.subject_id from before)
        and invoice.invoice_id not in (
            select other.original_invoice_id
            from invoices as other
            where other.original_invoice_id is not null
        )
        and invoice.invoice_id not in (
            select line.invoice_id
            from invoice_lines as line
            inner join products as product on line.product_id = product.product_id
            where product.is_offline
        )
        and invoice.invoice_id not in (select taken.id from taken)
        and coalesce(invoice.order_id not in (select taken.id from taken), true)
        and coalesce(invoice.contract_id not in (select taken.id from taken), true)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.currency, eligible.is_unknown
            order by eligible.preference, dice(eligible.invoice_id, 1), eligible.invoice_id
        ) as turn
    from eligible
)

select
    turns.*,
    'credit of ' || turns.invoice_id as credit_id
from turns
order by turns.turn, turns.preference, dice(turns.invoice_id, 1), turns.invoice_id
limit getvariable('errors');

create temp table approvers as
with ranked as (
    select
        person.user_id,
        allowed.currency,
        row_number() over (partition by allowed.currency order by allowed.max_amount desc, person.user_id asc) as place
    from users as person
    inner join approval_limits as allowed on person.role = allowed.role
    where allowed.action = 'credit_memo' and person.active_to is null
)

select
    ranked.user_id,
    ranked.currency
from ranked
where ranked.place = 1;

insert into invoices
select
    invoice.* replace (
        wrong.credit_id as invoice_id,
        wrong.credit_id as invoice_number,
        null as series,
        'credit_memo' as kind,
        wrong.credited_on as invoice_date,
        wrong.credited_on as due_date,
        wrong.credited_on as posted_on,
        cast(wrong.credited_on as timestamp) as created_at,
        -wrong.net_amount - wrong.amount_off as net_amount,
        -wrong.tax_amount as tax_amount,
        -wrong.gross_amount - wrong.amount_off as gross_amount,
        case when wrong.is_unknown then 'not ' || wrong.invoice_id else wrong.invoice_id end as original_invoice_id,
        'goodwill' as reason_code,
        approver.user_id as approved_by,
        cast(wrong.credited_on as timestamp) as approved_at
    )
from wrong
inner join invoices as invoice on wrong.invoice_id = invoice.invoice_id
left join approvers as approver on wrong.currency = approver.currency;

insert into invoice_lines
select
    line.* replace (
        'credit of ' || line.invoice_line_id as invoice_line_id,
        wrong.credit_id as invoice_id,
        null as contract_line_id,
        null as order_line_id,
        null as delivery_line_id,
        null as voucher_id,
        -line.quantity as quantity,
        -line.discount_amount as discount_amount,
        -line.net_amount as net_amount,
        -line.tax_amount as tax_amount
    )
from wrong
inner join invoice_lines as line on wrong.invoice_id = line.invoice_id;

insert into invoice_lines by name
select
    wrong.credit_id || ', the rest' as invoice_line_id,
    wrong.credit_id as invoice_id,
    99 as line_number,
    -1 as quantity,
    wrong.amount_off as unit_price,
    0 as discount_amount,
    -wrong.amount_off as net_amount,
    0 as tax_rate,
    0 as tax_amount
from wrong;

insert into gl_lines
select
    line.* replace (
        'credit of ' || line.gl_line_id as gl_line_id,
        wrong.credit_id as source_id,
        wrong.credited_on as posted_on,
        -line.amount - wrong.amount_off * case line.account_kind
            when 'receivable' then 1
            when 'tax' then 0
            else -1
        end as amount
    )
from wrong
inner join gl_lines as line on wrong.invoice_id = line.source_id
where
    line.source_kind = 'invoice'
    and line.account_kind in ('receivable', 'tax', 'revenue', 'deferred_revenue');

insert into planted
select
    wrong.credit_id as subject_id,
    case when wrong.is_unknown then 0 else wrong.gross_amount end as expected_amount,
    wrong.gross_amount + wrong.amount_off as billed_amount,
    case when wrong.is_unknown then 'credits an invoice that does not exist' else 'more than was billed' end as what
from wrong;

insert into taken
select taken_id.id
from (
    select unnest([wrong.invoice_id, wrong.credit_id, wrong.order_id, wrong.contract_id]) as id
    from wrong
) as taken_id
where taken_id.id is not null
