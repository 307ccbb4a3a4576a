/*---
id: SCR-07
title: Rare user-customer pairs
form: ranked
asks: Who entered documents or adjustments for a customer whom others look after?
needs:
  invoices: [invoice_id, kind, status, entity_id, customer_id, invoice_date, currency, net_amount, created_by]
uses:
  invoices: [created_at]
  adjustments: [adjustment_id, invoice_id, amount, adjusted_on, created_by, created_at]
  users: [user_id, kind]
parameters:
  min_entries: {default: 20, unit: entries, why: below that nobody can be said to look after a customer}
  rare_percent: {default: 5, unit: percent of the customer's entries, why: a holiday's replacement enters more}
says: "{flagged} user-customer pairs of {examined} are rare: at most {rare_percent} % of the entries of a customer with
  {min_entries} or more"
read_as: >
  Entries by people of all time up to the last day looked at decide what is rare; shown are pairs with an entry in the
  period. The largest amounts first (the sum of the pair's entries without their signs).
---*/
with entries as (
    select
        entity_id,
        customer_id,
        currency,
        abs(net_amount) as entered_amount,
        created_by,
        coalesce(cast(created_at as date), invoice_date) as entered_on
    from invoices
    where status <> 'draft'
    union all
    select
        invoice.entity_id,
        invoice.customer_id,
        invoice.currency,
        abs(adjustment.amount) as entered_amount,
        adjustment.created_by,
        coalesce(cast(adjustment.created_at as date), adjustment.adjusted_on) as entered_on
    from adjustments as adjustment
    inner join invoices as invoice on adjustment.invoice_id = invoice.invoice_id
),

machines as (
    select distinct user_id
    from users
    where kind = 'system'
),

pairs as (
    select
        entry.entity_id,
        entry.currency,
        entry.customer_id,
        entry.created_by,
        count(*) as entries,
        sum(entry.entered_amount) as entered_amount,
        min(entry.entered_on) as first_date,
        max(entry.entered_on) as last_date
    from entries as entry
    left join machines as machine on entry.created_by = machine.user_id
    where
        machine.user_id is null
        and entry.created_by is not null
        and entry.customer_id is not null
        and entry.entered_on < $to_date
    group by entry.entity_id, entry.currency, entry.customer_id, entry.created_by
),

shared as (
    select
        *,
        cast(sum(entries) over (partition by entity_id, currency, customer_id) as bigint) as customer_entries
    from pairs
),

populations as (
    select
        entity_id,
        currency,
        count(*) as examined
    from shared
    where last_date >= $from_date
    group by entity_id, currency
),

ranked as (
    select
        *,
        count(*) over (partition by entity_id, currency) as flagged,
        row_number() over (
            partition by entity_id, currency
            order by entered_amount desc, created_by asc, customer_id asc
        ) as place
    from shared
    where
        last_date >= $from_date
        and customer_entries >= $min_entries
        and 100 * entries <= $rare_percent * customer_entries
)

select
    population.entity_id,
    population.currency,
    population.examined,
    coalesce(ranked.flagged, 0) as flagged,
    ranked.place,
    ranked.created_by,
    ranked.customer_id,
    ranked.entries,
    ranked.customer_entries,
    ranked.first_date,
    ranked.last_date,
    ranked.entered_amount
from populations as population
left join ranked
    on
        population.entity_id is not distinct from ranked.entity_id
        and population.currency is not distinct from ranked.currency
        and ranked.place <= $most
order by population.entity_id, population.currency, ranked.place
