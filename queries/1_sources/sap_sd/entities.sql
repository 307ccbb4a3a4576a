/*---
table: entities
what: >
  Every company code of T001, and those that billed without being in it. Name, country and currency are those of T001;
  without it the company code is the name, the country that of tax departure of its first billing document that has
  one, else ZZ, the code for an unknown one, and the currency that of most of its billing documents.
rows_of: vbrk
---*/
with company_codes as (
    select
        plain_value(bukrs) as entity_id,
        plain_value(butxt) as name,
        plain_value(land1) as country,
        plain_value(waers) as currency,
        _source,
        _row,
        row_number() over (partition by plain_value(bukrs) order by _source, _row) as turn
    from t001
),

billing as (
    select
        plain_value(bukrs) as entity_id,
        _source,
        _row,
        row_number() over (partition by plain_value(bukrs) order by _source, _row) as turn
    from vbrk
    where plain_value(bukrs) is not null
),

countries as (
    select
        plain_value(bukrs) as entity_id,
        plain_value(landtx) as country,
        row_number() over (partition by plain_value(bukrs) order by _source, _row) as turn
    from vbrk
    where plain_value(landtx) is not null
),

currencies as (
    select
        plain_value(bukrs) as entity_id,
        plain_value(waerk) as currency,
        row_number() over (partition by plain_value(bukrs) order by count(*) desc, plain_value(waerk)) as turn
    from vbrk
    where plain_value(waerk) is not null
    group by plain_value(bukrs), plain_value(waerk)
),

units as (
    select
        entity_id,
        name,
        country,
        currency,
        _source,
        _row
    from company_codes
    union all
    select
        billing.entity_id,
        null as name,
        null as country,
        null as currency,
        billing._source,
        billing._row
    from billing
    left join company_codes on billing.entity_id = company_codes.entity_id and company_codes.turn = 1
    where billing.turn = 1 and company_codes.entity_id is null
)

select
    units.entity_id,
    coalesce(units.name, units.entity_id) as name,
    coalesce(units.country, countries.country, 'ZZ') as country,
    coalesce(units.currency, currencies.currency) as currency,
    units._source,
    units._row
from units
left join countries on units.entity_id = countries.entity_id and countries.turn = 1
left join currencies on units.entity_id = currencies.entity_id and currencies.turn = 1
order by units._source, units._row
