/*---
tie_out: What the payment schedules say a document is of, and its lines
---*/
with instalments as (
    select
        *,
        row_number() over (partition by plain_value(payment_schedule_id) order by _source, _row) as turn
    from ar_payment_schedules_all
    where plain_value(customer_trx_id) is not null
),

schedules as (
    select
        plain_value(customer_trx_id) as invoice_id,
        count(*) as instalments,
        max(read_int(plain_value(number_of_due_dates))) as due_dates,
        sum(read_money(plain_value(amount_due_original))) as gross,
        sum(read_money(plain_value(tax_original))) as tax
    from instalments
    where turn = 1
    group by plain_value(customer_trx_id)
),

lines as (
    select
        invoice_id,
        sum(net_amount) as net,
        sum(tax_amount) as tax
    from loaded_invoice_lines
    group by invoice_id
),

compared as (
    select
        invoice.entity_id,
        invoice.invoice_id,
        invoice.currency,
        schedules.gross,
        schedules.tax,
        coalesce(schedules.due_dates, schedules.instalments) as due_dates,
        schedules.instalments,
        coalesce(lines.net, 0) + coalesce(lines.tax, 0) as lines_gross,
        coalesce(lines.tax, 0) as lines_tax
    from loaded_invoices as invoice
    inner join schedules on invoice.invoice_id = schedules.invoice_id
    left join lines on invoice.invoice_id = lines.invoice_id
),

totals as (
    select
        entity_id,
        invoice_id,
        'instalments' as what,
        '' as currency,
        due_dates as stated,
        instalments as found
    from compared
    union all
    select
        entity_id,
        invoice_id,
        'lines, tax and freight' as what,
        currency,
        gross as stated,
        lines_gross as found
    from compared
    where due_dates = instalments
    union all
    select
        entity_id,
        invoice_id,
        'tax' as what,
        currency,
        tax as stated,
        lines_tax as found
    from compared
    where due_dates = instalments
)

select
    subject,
    what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from (
    select
        case when stated = found then 'all of unit ' || entity_id || ' that agree' else 'document ' || invoice_id end
            as subject,
        what,
        currency,
        stated,
        found
    from totals
    where stated is not null
) as totalled
group by subject, what, currency
