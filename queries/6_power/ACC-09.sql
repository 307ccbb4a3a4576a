/*---
control: ACC-09
plants: discounts that bring a price below its floor
sized: true
touches: [invoice_lines, invoices, applications, receipts, gl_lines]
then: changed_lines
---*/
create temp table wrong as
with -- Lines at the only floor that anybody has for the product that day, and never with an exception.
floored as (
    select
        line.invoice_line_id,
        cast(round_money(times_price(min(line.quantity), min(price.floor_price)), min(line.currency)) as decimal(18, 4))
            as floor_amount
    from billed_lines as line
    inner join price_list as price on line.product_id = price.product_id and line.currency = price.currency
    where
        line.contract_line_id is null
        and line.voucher_id is null
        and coalesce(line.period_from, line.invoice_date) >= price.valid_from
        and (price.valid_to is null or coalesce(line.period_from, line.invoice_date) < price.valid_to)
        and (line.customer_id, line.product_id) not in (
            select (exception.customer_id, exception.product_id) from price_approvals as exception
        )
    group by line.invoice_line_id
    having
        min(price.floor_price) = max(price.floor_price)
        and count(price.floor_price) = count(*)
        and bool_or(price.unit_price = line.unit_price)
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
        floored.floor_amount,
        cast(-getvariable('size') * minor_unit(invoice.currency) as decimal(18, 4)) as amount_off
    from invoice_lines as line
    inner join plain_invoices as invoice on line.invoice_id = invoice.invoice_id
    left join products as product on line.product_id = product.product_id
    inner join floored on line.invoice_line_id = floored.invoice_line_id
    where
        line.quantity > 0
        and line.invoice_line_id not in (select before.subject_id from before)
        and not coalesce(product.is_offline, false)
        and coalesce(line.discount_amount, 0) = 0
        and line.net_amount = times_price(line.quantity, line.unit_price)
        and line.net_amount > floored.floor_amount
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
        old.net_amount - (old.floor_amount + old.amount_off) as discount_amount,
        old.floor_amount + old.amount_off as net_amount,
        old.tax_rate,
        old.net_amount as old_net_amount,
        old.tax_amount as old_tax_amount,
        old.floor_amount as expected_amount,
        'a discount below the floor' as what,
        row_number() over (partition by old.invoice_id order by dice(old.invoice_line_id, 2)) as line_of_invoice
    from old
    where old.floor_amount + old.amount_off > 0
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
