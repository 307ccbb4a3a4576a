/*---
id: SCR-04
title: Round amounts
form: ranked
asks: Which documents have amounts that end in zeros?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount, created_by]
parameters:
  zeros: {default: 4, unit: zeros in the minor unit, why: by chance one amount in ten thousand ends so in any currency}
says: "{flagged} of {examined} documents end in {zeros} zeros or more, counted in the minor unit"
read_as: >
  100.00 SGD, 10,000 JPY and 10.000 KWD end in four zeros. The largest amounts first. A round amount is often an
  estimate, an advance or a settlement that nothing measured stands behind.
---*/
with amounts as (
    select
        invoice_id,
        kind,
        entity_id,
        customer_id,
        created_by,
        invoice_date,
        currency,
        net_amount,
        cast(cast(abs(net_amount) as decimal(24, 4)) * cast(10000 as decimal(5, 0)) as bigint) as ten_thousandths
    from live_invoices
    where net_amount <> 0 and invoice_date >= $from_date and invoice_date < $to_date
),

counted as (
    select
        *,
        case
            when ten_thousandths % 1000 <> 0 then 0
            when ten_thousandths % 10000 <> 0 then 3
            when ten_thousandths % 100000 <> 0 then 4
            when ten_thousandths % 1000000 <> 0 then 5
            when ten_thousandths % 10000000 <> 0 then 6
            when ten_thousandths % 100000000 <> 0 then 7
            when ten_thousandths % 1000000000 <> 0 then 8
            when ten_thousandths % 10000000000 <> 0 then 9
            when ten_thousandths % 100000000000 <> 0 then 10
            when ten_thousandths % 1000000000000 <> 0 then 11
            else 12
        end - 4 + minor_units(currency) as ending_zeros
    from amounts
),

populations as (
    select
        entity_id,
        currency,
        count(*) as examined
    from amounts
    group by entity_id, currency
),

ranked as (
    select
        *,
        count(*) over (partition by entity_id, currency) as flagged,
        row_number() over (partition by entity_id, currency order by abs(net_amount) desc, invoice_id asc) as place
    from counted
    where ending_zeros >= $zeros
)

select
    population.entity_id,
    population.currency,
    population.examined,
    coalesce(ranked.flagged, 0) as flagged,
    ranked.place,
    ranked.invoice_id,
    ranked.kind,
    ranked.customer_id,
    ranked.created_by,
    ranked.invoice_date,
    ranked.net_amount,
    ranked.ending_zeros
from populations as population
left join ranked
    on
        population.entity_id is not distinct from ranked.entity_id
        and population.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by population.entity_id, population.currency, ranked.place
