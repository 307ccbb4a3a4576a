/*---
query: changes
what: >
  What changed in a month: prices, contract prices, taxes and rate cards that came into force, people who came and went.
  Those with a currency are of the one asked for, where one is.
parameters:
  first: {unit: month, why: the first month shown, YYYY-MM}
  last: {unit: month, why: the last month shown}
  currency: {unit: code, why: empty for all}
---*/
with dated as (
    select
        price.valid_from as day,
        'prices' as kind,
        price.product_id || coalesce(' for ' || price.customer_id, ' for ' || price.segment, '') as words,
        price.currency
    from price_list as price
    union all
    select
        charge.starts_on as day,
        'contract prices' as kind,
        charge.contract_line_id || ' of ' || charge.contract_id as words,
        contract.currency
    from contract_lines as charge
    inner join contracts as contract on charge.contract_id = contract.contract_id
    where charge.starts_on > contract.starts_on
    union all
    select
        valid_from as day,
        'taxes' as kind,
        tax_code || ' in ' || country || ' at ' || number_text(rate * 100) || ' %' as words,
        cast(null as varchar) as currency
    from tax_rates
    union all
    select
        valid_from as day,
        'rate cards' as kind,
        rate_id || ' of ' || partner_id as words,
        currency
    from rate_cards
    union all
    select
        active_from as day,
        'people' as kind,
        coalesce(name, user_id) || ' came as ' || role as words,
        cast(null as varchar) as currency
    from users
    union all
    select
        active_to as day,
        'people' as kind,
        coalesce(name, user_id) || ' left' as words,
        cast(null as varchar) as currency
    from users
)

select distinct
    strftime(day, '%Y-%m') as month,
    kind,
    words
from dated
where
    day is not null
    and strftime(day, '%Y-%m') between $first and $last
    and ($currency = '' or currency is null or currency = $currency)
order by month, kind, words
