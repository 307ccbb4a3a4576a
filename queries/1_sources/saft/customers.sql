/*---
table: customers
what: >
  Every customer of the master files, once: where several files hold one, that of the latest period speaks, and a note
  says what has changed. A number that two companies gave to customers of different names has the company before it.
  The numbers of the unknown and of the final consumer in Portugal are no tax numbers.
rows_of: saft_customers
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
),

clashing as (
    select customer_id
    from saft_customers
    group by customer_id
    having count(distinct company_id) > 1 and count(distinct lower(name)) > 1
),

seen as (
    select
        customer.*,
        clashing.customer_id is not null as clashes,
        row_number() over (
            partition by
                case when clashing.customer_id is not null then customer.company_id end,
                coalesce(customer.customer_id, customer._source || '/' || cast(customer._row as varchar))
            order by coalesce(files.period_to, '') desc, customer._source desc, customer._row desc
        ) as turn
    from saft_customers as customer
    left join clashing on customer.customer_id = clashing.customer_id
    left join files on customer._source = files._source
)

select
    case when clashes then company_id || '/' || customer_id else customer_id end as customer_id,
    company_id as entity_id,
    coalesce(name, customer_id) as name,
    case when lower(country) <> 'desconhecido' then country end as country,
    case
        when lower(coalesce(tax_id, registration)) not in ('desconhecido', '999999990')
            then coalesce(tax_id, registration)
    end as tax_id,
    currency,
    terms_days as payment_terms_days,
    case lower(status) when 'passive' then 'closed' else 'active' end as status,
    _source,
    _row
from seen
where turn = 1
order by _source, _row
