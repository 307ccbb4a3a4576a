/*---
table: entities
what: >
  Every operating unit (business unit in the Cloud) that has a document, by its ORG_ID; its name where
  HR_OPERATING_UNITS or FUN_ALL_BUSINESS_UNITS_V is there. A document without an ORG_ID is of the unit main. The
  currency is that of the ledger, else the one that most of its documents without an exchange rate are in; the country
  that of the legal entity that most of them name, else ZZ, the code for an unknown one.
rows_of: ra_customer_trx_all
---*/
with documents as (
    select
        coalesce(plain_value(org_id), 'main') as entity_id,
        plain_value(set_of_books_id) as ledger_id,
        plain_value(legal_entity_id) as legal_entity_id,
        plain_value(invoice_currency_code) as currency,
        plain_value(exchange_rate) is null as is_in_own_currency,
        _source,
        _row,
        row_number() over (partition by coalesce(plain_value(org_id), 'main') order by _source, _row) as turn
    from ra_customer_trx_all
),

units as (
    select
        coalesce(plain_value(organization_id), plain_value(bu_id)) as entity_id,
        min(coalesce(plain_value(name), plain_value(bu_name))) as name
    from hr_operating_units
    group by coalesce(plain_value(organization_id), plain_value(bu_id))
),

ledgers as (
    select
        coalesce(plain_value(ledger_id), plain_value(set_of_books_id)) as ledger_id,
        min(plain_value(currency_code)) as currency
    from gl_ledgers
    group by coalesce(plain_value(ledger_id), plain_value(set_of_books_id))
),

legal_entities as (
    select
        plain_value(legal_entity_id) as legal_entity_id,
        min(plain_value(country)) as country
    from xle_firstparty_information_v
    group by plain_value(legal_entity_id)
),

currencies as (
    select
        documents.entity_id,
        coalesce(ledgers.currency, documents.currency) as currency,
        row_number() over (
            partition by documents.entity_id
            order by
                case when ledgers.currency is null then 1 else 0 end,
                sum(case when documents.is_in_own_currency then 1 else 0 end) desc,
                count(*) desc,
                coalesce(ledgers.currency, documents.currency)
        ) as turn
    from documents
    left join ledgers on documents.ledger_id = ledgers.ledger_id
    group by documents.entity_id, ledgers.currency, coalesce(ledgers.currency, documents.currency)
),

countries as (
    select
        documents.entity_id,
        legal_entities.country,
        row_number() over (
            partition by documents.entity_id
            order by count(*) desc, legal_entities.country
        ) as turn
    from documents
    inner join legal_entities on documents.legal_entity_id = legal_entities.legal_entity_id
    group by documents.entity_id, legal_entities.country
)

select
    documents.entity_id,
    coalesce(units.name, documents.entity_id) as name,
    coalesce(countries.country, 'ZZ') as country,
    currencies.currency,
    documents._source,
    documents._row
from documents
inner join currencies on documents.entity_id = currencies.entity_id and currencies.turn = 1
left join units on documents.entity_id = units.entity_id
left join countries on documents.entity_id = countries.entity_id and countries.turn = 1
where documents.turn = 1
order by documents._source, documents._row
