/*---
control: ACC-13
plants: discounts taken after the due date, and beyond the percent agreed
sized: true
touches: [applications, receipts, gl_lines]
---*/
-- Receipts for one invoice alone, which they settle: the customer pays less and takes the rest as a discount.
create temp table wrong as
with single_uses as (
    select application.receipt_id
    from applications as application
    where application.receipt_id is not null
    group by application.receipt_id
    having count(*) = 1
),

single_payments as (
    select application.invoice_id
    from applications as application
    group by application.invoice_id
    having count(*) = 1
),

paid as (
    select
        application.application_id,
        application.receipt_id,
        application.invoice_id,
        application.amount,
        coalesce(application.discount_amount, 0) as discount_amount,
        invoice.order_id,
        invoice.contract_id,
        invoice.currency,
        case
            when application.applied_on > invoice.due_date and coalesce(application.discount_amount, 0) = 0
                then 'taken after the due date'
            when
                application.discount_amount
                = round_money(portion(invoice.gross_amount, contract.discount_percent, 100), invoice.currency)
                and application.applied_on <= invoice.due_date
                and days_between(invoice.invoice_date, application.applied_on) <= contract.discount_days
                then 'beyond the percent agreed'
        end as what
    from applications as application
    inner join single_uses on application.receipt_id = single_uses.receipt_id
    inner join single_payments on application.invoice_id = single_payments.invoice_id
    inner join receipts as receipt on application.receipt_id = receipt.receipt_id
    inner join invoices as invoice on application.invoice_id = invoice.invoice_id
    left join contracts as contract on invoice.contract_id = contract.contract_id
    where
        application.applied_on <= getvariable('as_of')
        and receipt.status <> 'reversed'
        and receipt.amount = application.amount
        and invoice.gross_amount = application.amount + coalesce(application.discount_amount, 0)
        and application.application_id not in (select before.subject_id from before)
        and application.invoice_id not in (select other.invoice_id from adjustments as other)
        and application.invoice_id not in (select other.invoice_id from promises as other)
        and application.invoice_id not in (select taken.id from taken)
        and application.receipt_id not in (select taken.id from taken)
        and coalesce(invoice.order_id not in (select taken.id from taken), true)
        and coalesce(invoice.contract_id not in (select taken.id from taken), true)
),

eligible as (
    select
        paid.*,
        cast(getvariable('size') * minor_unit(paid.currency) as decimal(18, 4)) as amount_off
    from paid
    where paid.what is not null and paid.amount > 2 * getvariable('size') * minor_unit(paid.currency)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.currency, eligible.what
            order by dice(eligible.application_id, 1), eligible.application_id
        ) as turn
    from eligible
)

select turns.* from turns
order by turns.turn, dice(turns.application_id, 1), turns.application_id
limit getvariable('errors');

update applications
set amount = applications.amount - wrong.amount_off, discount_amount = wrong.discount_amount + wrong.amount_off
from wrong
where applications.application_id = wrong.application_id;

update receipts set amount = receipts.amount - wrong.amount_off
from wrong
where receipts.receipt_id = wrong.receipt_id;

-- The receivable is lowered by as much as before, by less cash and more discount.
insert into gl_lines
select
    line.* replace (
        line.gl_line_id || '-discount' as gl_line_id,
        'other' as account_kind,
        wrong.amount_off as amount
    )
from gl_lines as line
inner join wrong on line.source_id = wrong.receipt_id
where line.source_kind = 'receipt' and line.account_kind = 'cash';

update gl_lines set amount = gl_lines.amount - wrong.amount_off
from wrong
where
    gl_lines.source_kind = 'receipt'
    and gl_lines.source_id = wrong.receipt_id
    and gl_lines.account_kind = 'cash';

insert into planted
select
    wrong.application_id as subject_id,
    wrong.discount_amount as expected_amount,
    wrong.discount_amount + wrong.amount_off as billed_amount,
    wrong.what
from wrong;

insert into taken
select taken_id.id
from (
    select unnest([wrong.application_id, wrong.receipt_id, wrong.invoice_id, wrong.order_id, wrong.contract_id]) as id
    from wrong
) as taken_id
where taken_id.id is not null
