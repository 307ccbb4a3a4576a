/*---
table: entities
what: The companies that the files are of, each once; where files differ, the one of the latest period speaks.
rows_of: saft_files
---*/
with files as (
    select
        *,
        row_number() over (
            partition by coalesce(company_id, _source || '/' || cast(_row as varchar))
            order by coalesce(period_to, '') desc, _source desc, _row desc
        ) as turn
    from saft_files
)

select
    company_id as entity_id,
    coalesce(company_name, company_id) as name,
    home_country as country,
    home_currency as currency,
    _source,
    _row
from files
where turn = 1
order by _source, _row
