/*---
id: SCR-01
title: Leading digits (Benford)
form: digits
asks: Do the leading digits of document amounts occur as often as Benford's law has it?
needs:
  invoices: [invoice_id, kind, status, entity_id, invoice_date, currency, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount]
read_as: >
  Amounts that grow over several orders of magnitude begin with 1 far more often than with 9. Digits far above their
  expected share are where to look: a price that is billed over and over, or amounts kept just below a limit. MAD is the
  mean absolute deviation of the shares, excess MAD what is left of it after what chance alone would give so many
  values. The words are Nigrini's, and they judge MAD whatever the number of values.
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
        abs(net_amount) >= 10 * minor_unit(currency) as has_second
    from live_invoices
    where invoice_date >= $from_date and invoice_date < $to_date and net_amount <> 0
),

begun as (
    select
        entity_id,
        currency,
        side,
        has_second,
        substr(digits, 1, 2) as first_two,
        count(*) as found,
        min(amount) as lowest,
        max(amount) as highest
    from amounts
    group by entity_id, currency, side, has_second, substr(digits, 1, 2)
),

tested as (
    select
        *,
        'first' as test,
        substr(first_two, 1, 1) as digits
    from begun
    union all
    select
        *,
        'second' as test,
        substr(first_two, 2, 1) as digits
    from begun
    where has_second
    union all
    select
        *,
        'first_two' as test,
        first_two as digits
    from begun
    where has_second
)

select
    entity_id,
    currency,
    side,
    test,
    digits,
    cast(sum(found) as bigint) as found,
    min(lowest) as lowest,
    max(highest) as highest
from tested
group by entity_id, currency, side, test, digits
order by entity_id, currency, side, test, digits
