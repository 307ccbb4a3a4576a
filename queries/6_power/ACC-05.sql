/*---
control: ACC-05
plants: part periods billed with more or less than their days come to
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
        charge.months_in_period,
        cast(
            getvariable('size') * minor_unit(invoice.currency)
            * case dice(line.invoice_line_id, 3) % 2 when 0 then 1 else -1 end as decimal(18, 4)
        ) as amount_off
    from invoice_lines as line
    inner join plain_invoices as invoice on line.invoice_id = invoice.invoice_id
    inner join service_lines as service on line.invoice_line_id = service.invoice_line_id
    inner join charges as charge on line.contract_line_id = charge.contract_line_id
    where
        line.quantity > 0
        and line.invoice_line_id not in (select before.subject_id from before)
        and charge.charge_type = 'recurring'
        and charge.period_price is not null
        and charge.currency = invoice.currency
        and line.quantity in (1, 2, 4, 5, 10, 20, 25, 50, 100)
        and coalesce(line.discount_amount, 0) = 0
        and line.net_amount = times_price(line.quantity, line.unit_price)
        and service.period_from < service.period_to
        -- The days of a part period: it does not begin on the billing day, or is no whole number of periods long.
        and (
            extract(day from service.period_from)
            <> least(charge.billing_day, extract(day from last_day(service.period_from)))
            or whole_months(service.period_from, service.period_to) = 0
            or whole_months(service.period_from, service.period_to) % charge.months_in_period <> 0
        )
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
    where old.net_amount + old.amount_off > 0
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
