/*---
id: SCR-03
title: Last two digits
form: digits
asks: Does any pair of last digits end document amounts more often than one in a hundred?
needs:
  invoices: [invoice_id, kind, status, entity_id, invoice_date, currency, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount]
read_as: >
  In amounts of three digits and more, counted in the minor unit, the last two fall evenly. People who make amounts up
  favour some pairs; price lists do so too (00, 50, 99), so look at which documents end so before thinking of people.
---*/
with amounts as (
    select
        entity_id,
        currency,
        case when kind = 'credit_memo' then 'credited' else 'billed' end as side,
        abs(net_amount) as amount,
        cast(
            cast(cast(abs(net_amount) as decimal(24, 4)) * cast(10000 as decimal(5, 0)) as bigint) as varchar
        ) as digits,
        4 - minor_units(currency) as unused
    from live_invoices
    where
        invoice_date >= $from_date
        and invoice_date < $to_date
        and abs(net_amount) >= 100 * minor_unit(currency)
        and net_amount = round_money(net_amount, currency)
),

ended as (
    select
        entity_id,
        currency,
        side,
        substr(digits, length(digits) - unused - 1, 2) as digits,
        amount
    from amounts
)

select
    entity_id,
    currency,
    side,
    'last_two' as test,
    digits,
    count(*) as found,
    min(amount) as lowest,
    max(amount) as highest
from ended
group by entity_id, currency, side, digits
order by entity_id, currency, side, digits
