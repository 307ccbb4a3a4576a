/*---
control: ACC-04
plants: usage billed with more or less than it comes to
sized: true
touches: [invoice_lines, invoices, applications, receipts, gl_lines]
then: changed_lines
---*/
create temp table wrong as
with single_lines as (
    select min(line.invoice_line_id) as invoice_line_id
    from service_lines as line
    where line.kind <> 'credit_memo'
    group by line.contract_line_id, line.period_from, line.period_to
    having count(*) = 1
),

old as (
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
        charge.pricing_model,
        charge.unit_price as agreed_price,
        cast(
            getvariable('size') * minor_unit(invoice.currency)
            * case dice(line.invoice_line_id, 3) % 2 when 0 then 1 else -1 end as decimal(18, 4)
        ) as amount_off
    from invoice_lines as line
    inner join plain_invoices as invoice on line.invoice_id = invoice.invoice_id
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    inner join single_lines on line.invoice_line_id = single_lines.invoice_line_id
    where
        line.quantity > 0
        and line.invoice_line_id not in (select before.subject_id from before)
        and charge.charge_type = 'usage'
        and charge.currency = invoice.currency
        and coalesce(line.discount_amount, 0) = 0
        and line.contract_line_id in (select metered.contract_line_id from usage as metered)
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
        case
            when old.pricing_model in ('flat', 'per_unit') and old.unit_price = old.agreed_price
                then
                    cast(
                        cast(
                            (cast((old.net_amount + old.amount_off) * 10000 as hugeint) * 10000000000)
                            // cast(nullif(old.unit_price, 0) * 100000000 as hugeint) as decimal(24, 0)
                        ) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
                    )
            else 1
        end as quantity,
        case
            when old.pricing_model in ('flat', 'per_unit') and old.unit_price = old.agreed_price then old.unit_price
            else old.net_amount + old.amount_off
        end as unit_price,
        old.discount_amount,
        old.net_amount + old.amount_off as net_amount,
        old.tax_rate,
        old.net_amount as old_net_amount,
        old.tax_amount as old_tax_amount,
        old.net_amount as expected_amount,
        old.pricing_model || case when old.amount_off > 0 then ': too much' else ': too little' end as what,
        row_number() over (partition by old.invoice_id order by dice(old.invoice_line_id, 2)) as line_of_invoice
    from old
    where
        old.net_amount + old.amount_off > 0
        and (old.quantity = 1 or old.pricing_model not in ('flat', 'per_unit') or old.unit_price = old.agreed_price)
),

changed as (
    select
        new.*,
        new.net_amount - new.old_net_amount as net_off,
        coalesce(round_money(times_rate(new.net_amount, new.tax_rate), new.currency) - new.old_tax_amount, 0)
            as tax_off,
        new.net_amount as billed_amount,
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
