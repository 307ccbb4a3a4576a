/*---
control: ACC-06
plants: tax amounts that net and rate do not give, and wrong rates
sized: true
touches: [invoice_lines, invoices, applications, receipts, gl_lines]
then: changed_lines
---*/
create temp table wrong as
with old as (
    select
        line.invoice_line_id,
        line.invoice_id,
        line.order_line_id,
        line.contract_line_id,
        line.quantity,
        line.unit_price,
        coalesce(line.discount_amount, 0) as discount_amount,
        line.net_amount,
        line.tax_rate,
        line.tax_amount,
        invoice.order_id,
        invoice.contract_id,
        invoice.receipt_id,
        invoice.currency,
        cast(
            getvariable('size') * minor_unit(invoice.currency)
            * case dice(line.invoice_line_id, 3) % 2 when 0 then 1 else -1 end as decimal(18, 4)
        ) as amount_off
    from invoice_lines as line
    inner join plain_invoices as invoice on line.invoice_id = invoice.invoice_id
    left join products as product on line.product_id = product.product_id
    where
        line.quantity > 0
        and line.invoice_line_id not in (select before.subject_id from before)
        and not coalesce(product.is_offline, false)
        and line.invoice_id in (
            select other.invoice_id
            from invoice_lines as other
            group by other.invoice_id
            having count(*) = 1
        )
        and line.tax_amount > 0
),

new as (
    select
        old.invoice_line_id,
        old.invoice_id,
        old.order_id,
        old.order_line_id,
        old.contract_id,
        old.contract_line_id,
        old.receipt_id,
        old.currency,
        old.quantity,
        old.unit_price,
        old.discount_amount,
        old.net_amount,
        case
            when dice(old.invoice_line_id, 4) % 3 = 0 then old.tax_rate + cast(0.01 as decimal(3, 2)) else old.tax_rate
        end as tax_rate,
        old.net_amount as old_net_amount,
        old.amount_off,
        dice(old.invoice_line_id, 4) % 3 = 0 as is_rate,
        old.tax_amount as old_tax_amount,
        old.tax_amount as expected_amount,
        case
            when dice(old.invoice_line_id, 4) % 3 = 0 then 'another rate'
            when old.amount_off > 0 then 'too much tax'
            else 'too little tax'
        end as what,
        row_number() over (partition by old.invoice_id order by dice(old.invoice_line_id, 2)) as line_of_invoice
    from old
    where old.tax_amount + old.amount_off > 0
),

changed as (
    select
        new.*,
        new.net_amount - new.old_net_amount as net_off,
        coalesce(case
            when new.is_rate then round_money(times_rate(new.net_amount, new.tax_rate), new.currency)
            else new.old_tax_amount + new.amount_off
        end - new.old_tax_amount, 0) as tax_off,
        case
            when new.is_rate then round_money(times_rate(new.net_amount, new.tax_rate), new.currency)
            else new.old_tax_amount + new.amount_off
        end as billed_amount,
        row_number() over (
            partition by new.currency, new.what
            order by dice(new.invoice_line_id, 1), new.invoice_line_id
        ) as turn
    from new
    where new.line_of_invoice = 1
)

select changed.* from changed
order by changed.turn, dice(changed.invoice_line_id, 1), changed.invoice_line_id
limit getvariable('errors')
