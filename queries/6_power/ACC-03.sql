/*---
control: ACC-03
plants: prices above or below the one agreed in the contract or the price list
sized: true
touches: [invoice_lines, invoices, applications, receipts, gl_lines]
then: changed_lines
---*/
create temp table wrong as
with listed as (
    select
        line.invoice_line_id,
        max(coalesce(price.floor_price, 0)) as lowest_price
    from billed_lines as line
    inner join price_list as price
        on
            line.product_id = price.product_id
            and line.currency = price.currency
            and line.unit_price = price.unit_price
    where
        line.contract_line_id is null
        and line.invoice_date >= price.valid_from
        and (price.valid_to is null or line.invoice_date < price.valid_to)
    group by line.invoice_line_id
),

-- Whole billing periods of recurring charges, billed at the price of the contract.
charged as (
    select line.invoice_line_id
    from service_lines as line
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where
        charge.charge_type = 'recurring'
        and charge.pricing_model in ('flat', 'per_unit')
        and charge.currency = line.currency
        and charge.unit_price = line.unit_price
        and coalesce(charge.quantity, 1) = line.quantity
        and extract(day from line.period_from) = charge.billing_day
        and line.period_to = add_months_to(line.period_from, charge.months_in_period)
        and line.period_from >= charge.triggered_on
        and coalesce(line.period_to <= charge.stops_on, true)
        and line.contract_line_id not in (select pause.contract_line_id from service_pauses as pause)
),

agreed as (
    select
        listed.invoice_line_id,
        listed.lowest_price
    from listed
    union all
    select
        charged.invoice_line_id,
        0 as lowest_price
    from charged
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
        agreed.lowest_price,
        cast(
            getvariable('size') * minor_unit(invoice.currency)
            * case dice(line.invoice_line_id, 3) % 2 when 0 then 1 else -1 end as decimal(18, 4)
        ) as amount_off
    from invoice_lines as line
    inner join plain_invoices as invoice on line.invoice_id = invoice.invoice_id
    left join products as product on line.product_id = product.product_id
    inner join agreed on line.invoice_line_id = agreed.invoice_line_id
    where
        line.quantity > 0
        and line.invoice_line_id not in (select before.subject_id from before)
        and not coalesce(product.is_offline, false)
        -- A change of price that is exact in the amount.
        and line.quantity in (1, 2, 4, 5, 10, 20, 25, 50, 100)
        and coalesce(line.discount_amount, 0) = 0
        and line.net_amount = times_price(line.quantity, line.unit_price)
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
        cast(
            old.unit_price
            + old.amount_off * (100 // cast(old.quantity as bigint)) * cast(0.01 as decimal(3, 2)) as decimal(18, 8)
        ) as unit_price,
        old.discount_amount,
        old.net_amount + old.amount_off as net_amount,
        old.tax_rate,
        old.net_amount as old_net_amount,
        old.tax_amount as old_tax_amount,
        old.net_amount as expected_amount,
        case when old.amount_off > 0 then 'too much' else 'too little' end as what,
        row_number() over (partition by old.invoice_id order by dice(old.invoice_line_id, 2)) as line_of_invoice
    from old
    where
        old.net_amount + old.amount_off > 0
        and times_price(old.quantity, old.lowest_price) <= old.net_amount + old.amount_off
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
