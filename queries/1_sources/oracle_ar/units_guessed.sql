/*---
note: Units whose country or currency the exports do not say
---*/
with ledgers as (
    select
        coalesce(plain_value(ledger_id), plain_value(set_of_books_id)) as ledger_id,
        min(plain_value(currency_code)) as currency
    from gl_ledgers
    group by coalesce(plain_value(ledger_id), plain_value(set_of_books_id))
),

known as (
    select distinct
        coalesce(plain_value(trx.org_id), 'main') as entity_id,
        ledgers.currency
    from ra_customer_trx_all as trx
    inner join ledgers on plain_value(trx.set_of_books_id) = ledgers.ledger_id
)

select
    entity.entity_id as subject,
    case when entity.country = 'ZZ' then 'country unknown (ZZ), ' else '' end || 'currency ' || entity.currency
    || case when known.currency is null then ', in which most of its documents are' else ', of its ledger' end as note
from loaded_entities as entity
left join known on entity.entity_id = known.entity_id and entity.currency = known.currency
where entity.country = 'ZZ' or known.currency is null
order by entity.entity_id
