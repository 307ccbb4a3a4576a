/*---
id: ACC-06
title: Tax rate or amount wrong
severity: high
grain: invoice_line_id
subject: invoice_lines
examines: live_lines
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency]
  invoice_lines: [invoice_line_id, invoice_id, net_amount, tax_amount, tax_rate]
uses:
  invoices: [original_invoice_id]
  invoice_lines: [tax_code]
  customers: [customer_id, country]
  tax_rates: [tax_code, country, rate, valid_from, valid_to]
suppressions:
  document_rounding: >
    the tax of the rate on the whole document is exact, and the line is off by no more than rounding its lines can do
why: >
  Tax billed at the wrong rate is owed to the state all the same, and too much of it is owed back to the customer.
next_step: Check the tax code and the day of the change of rate; correct by credit and rebill.
---*/
with rates as (
    select
        tax_code,
        country,
        rate,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(lead(valid_from) over (partition by tax_code, country order by valid_from), date '9999-12-31')
        ) as in_force_to
    from tax_rates
),

taxed as (
    select
        line.*,
        agreed.rate as rate_in_force,
        agreed.valid_from,
        customer.country,
        coalesce(line.tax_rate, agreed.rate) as stated_rate,
        line.tax_rate <> agreed.rate and coalesce(line.tax_rate <> earlier.rate, true) as is_rate_wrong
    from live_lines as line
    left join customers as customer on line.customer_id = customer.customer_id
    left join rates as agreed
        on
            line.tax_code = agreed.tax_code
            and customer.country = agreed.country
            and line.invoice_date >= agreed.valid_from
            and line.invoice_date < agreed.in_force_to
    -- A credit memo may give back tax at the rate of the invoice that it corrects.
    left join invoices as original on line.original_invoice_id = original.invoice_id and line.kind = 'credit_memo'
    left join rates as earlier
        on
            line.tax_code = earlier.tax_code
            and customer.country = earlier.country
            and original.invoice_date >= earlier.valid_from
            and original.invoice_date < earlier.in_force_to
    where line.invoice_date <= $as_of
),

computed as (
    select
        *,
        round_money(
            times_rate(net_amount, case when is_rate_wrong then rate_in_force else stated_rate end), currency
        ) as owed_tax
    from taxed
),

off as (
    select
        *,
        coalesce(tax_amount, round_money(times_rate(net_amount, tax_rate), currency)) as stated_tax
    from computed
    where coalesce(is_rate_wrong, false) or tax_amount <> owed_tax
),

documents as (
    select
        line.invoice_id,
        line.stated_rate,
        count(*) as lines,
        sum(line.tax_amount) as tax_amount,
        sum(line.net_amount) as net_amount
    from taxed as line
    where line.invoice_id in (select off.invoice_id from off)
    group by line.invoice_id, line.stated_rate
)

select
    off.invoice_line_id as subject_id,
    off.entity_id,
    off.customer_id,
    off.invoice_date as event_date,
    off.currency,
    off.owed_tax as expected_amount,
    off.stated_tax as billed_amount,
    case
        when off.is_rate_wrong
            then
                'rate ' || number_text(off.tax_rate) || ' on ' || cast(off.invoice_date as varchar) || '; '
                || off.tax_code || ' in ' || off.country || ' is ' || number_text(off.rate_in_force)
                || ' since ' || cast(off.valid_from as varchar) || '; '
        else ''
    end
    || amount_text(off.net_amount, off.currency) || ' x '
    || number_text(case when off.is_rate_wrong then off.rate_in_force else off.stated_rate end)
    || ' = ' || amount_text(off.owed_tax, off.currency) || ', stated '
    || amount_text(off.stated_tax, off.currency) as reason,
    case
        when
            not coalesce(off.is_rate_wrong, false)
            and documents.tax_amount = round_money(times_rate(documents.net_amount, off.stated_rate), off.currency)
            and 2 * abs(off.tax_amount - times_rate(off.net_amount, off.stated_rate))
            <= documents.lines * minor_unit(off.currency)
            then 'document_rounding'
    end as suppressed_by,
    off.invoice_line_id as evidence_invoice_lines,
    off.invoice_id as evidence_invoices,
    off.customer_id as evidence_customers,
    case
        when off.rate_in_force is not null
            then off.tax_code || '/' || off.country || '/' || cast(off.valid_from as varchar)
    end as evidence_tax_rates
from off
left join documents on off.invoice_id = documents.invoice_id and off.stated_rate = documents.stated_rate
