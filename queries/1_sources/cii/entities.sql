/*---
table: entities
what: >
  Whoever sells: by VAT number, else legal registration, identifier, electronic address, tax number, name. The
  currency is the one in which most of its documents state their tax, the first by name where several do equally.
rows_of: documents
---*/
with sellers as (
    select
        *,
        row_number() over (partition by seller_id order by _source, _row) as turn
    from documents
    where seller_id is not null
),

currencies as (
    select
        seller_id,
        coalesce(tax_currency, currency) as currency,
        row_number() over (
            partition by seller_id order by count(*) desc, coalesce(tax_currency, currency)
        ) as turn
    from documents
    group by seller_id, coalesce(tax_currency, currency)
)

select
    sellers.seller_id as entity_id,
    coalesce(sellers.seller_name, sellers.seller_trading_name) as name,
    sellers.seller_country as country,
    currencies.currency,
    sellers._source,
    sellers._row
from sellers
inner join currencies on sellers.seller_id = currencies.seller_id
where
    sellers.turn = 1
    and currencies.turn = 1
order by sellers._source, sellers._row
