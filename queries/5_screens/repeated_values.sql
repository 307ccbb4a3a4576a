/*---
id: SCR-02
title: Repeated values
form: ranked
asks: Which amounts are billed again and again?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount]
uses:
  invoices: [reason_code, original_invoice_id, gross_amount]
parameters:
  min_times: {default: 3, unit: documents, why: two equal amounts are common, and OCC-01 asks about pairs}
says: "{flagged} net amounts stand on {min_times} documents or more; {examined} documents were looked at"
read_as: >
  The amounts that occur most, first. Few customers behind many equal amounts may be one charge billed again;
  many customers are most often a list price.
---*/
with amounts as (
    select
        entity_id,
        currency,
        customer_id,
        invoice_date,
        net_amount
    from live_invoices
    where
        kind <> 'credit_memo'
        and net_amount <> 0
        and invoice_date >= $from_date
        and invoice_date < $to_date
),

populations as (
    select
        entity_id,
        currency,
        count(*) as examined
    from amounts
    group by entity_id, currency
),

repeated as (
    select
        entity_id,
        currency,
        net_amount,
        count(*) as documents,
        count(distinct customer_id) as customers,
        min(invoice_date) as first_date,
        max(invoice_date) as last_date
    from amounts
    group by entity_id, currency, net_amount
    having count(*) >= $min_times
),

ranked as (
    select
        *,
        count(*) over (partition by entity_id, currency) as flagged,
        row_number() over (partition by entity_id, currency order by documents desc, net_amount desc) as place
    from repeated
)

select
    population.entity_id,
    population.currency,
    population.examined,
    coalesce(ranked.flagged, 0) as flagged,
    ranked.place,
    ranked.net_amount,
    ranked.documents,
    ranked.customers,
    ranked.first_date,
    ranked.last_date
from populations as population
left join ranked
    on
        population.entity_id is not distinct from ranked.entity_id
        and population.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by population.entity_id, population.currency, ranked.place
