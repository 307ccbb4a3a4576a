/*---
control: ACC-01
plants: headers whose net, tax or total is not what the lines come to
sized: true
touches: [invoices, gl_lines]
---*/
-- Documents of one line, whose tax can be rounded in one way only, that nobody has paid.
create temp table wrong as
with single_lines as (
    select
        line.invoice_id,
        min(line.net_amount) as net_amount,
        min(line.tax_amount) as tax_amount
    from invoice_lines as line
    group by line.invoice_id
    having count(*) = 1
),

eligible as (
    select
        invoice.invoice_id,
        invoice.order_id,
        invoice.contract_id,
        invoice.currency,
        invoice.gross_amount,
        dice(invoice.invoice_id, 2) % 3 as kind,
        cast(
            getvariable('size') * minor_unit(invoice.currency)
            * case dice(invoice.invoice_id, 3) % 2 when 0 then 1 else -1 end as decimal(18, 4)
        ) as amount_off
    from live_invoices as invoice
    inner join single_lines on invoice.invoice_id = single_lines.invoice_id
    where
        invoice.kind <> 'credit_memo'
        and invoice.invoice_date <= getvariable('as_of')
        and invoice.net_amount = single_lines.net_amount
        and invoice.tax_amount = single_lines.tax_amount
        and invoice.gross_amount = invoice.net_amount + invoice.tax_amount
        and invoice.net_amount > getvariable('size') * minor_unit(invoice.currency)
        and invoice.invoice_id not in (select before.subject_id from before)
        and invoice.invoice_id not in (select other.invoice_id from applications as other)
        and invoice.invoice_id not in (select other.invoice_id from adjustments as other)
        and invoice.invoice_id not in (select taken.id from taken)
        and coalesce(invoice.order_id not in (select taken.id from taken), true)
        and coalesce(invoice.contract_id not in (select taken.id from taken), true)
),

turns as (
    select
        eligible.*,
        row_number() over (
            partition by eligible.currency, eligible.kind
            order by dice(eligible.invoice_id, 1), eligible.invoice_id
        ) as turn
    from eligible
)

select turns.* from turns
order by turns.turn, dice(turns.invoice_id, 1), turns.invoice_id
limit getvariable('errors');

update invoices
set
    net_amount = invoices.net_amount + case wrong.kind when 0 then wrong.amount_off else 0 end,
    tax_amount = invoices.tax_amount + case wrong.kind when 1 then wrong.amount_off else 0 end,
    gross_amount = invoices.gross_amount + wrong.amount_off
from wrong
where invoices.invoice_id = wrong.invoice_id;

update gl_lines
set amount = gl_lines.amount + wrong.amount_off * case gl_lines.account_kind when 'receivable' then 1 else -1 end
from wrong
where
    gl_lines.source_kind = 'invoice'
    and gl_lines.source_id = wrong.invoice_id
    and gl_lines.account_kind in ('receivable', 'revenue', 'deferred_revenue');

insert into planted
select
    wrong.invoice_id as subject_id,
    wrong.gross_amount as expected_amount,
    wrong.gross_amount + wrong.amount_off as billed_amount,
    case wrong.kind when 0 then 'net of the header off' when 1 then 'tax of the header off' else 'total off' end as what
from wrong;

insert into taken
select taken_id.id
from (
    select unnest([wrong.invoice_id, wrong.order_id, wrong.contract_id]) as id
    from wrong
) as taken_id
where taken_id.id is not null
