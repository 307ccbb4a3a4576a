/*---
table: entities
rows_of: listed_lines
what: >
  Whoever the lines say bills; where they do not say it, one entity of the name own. A list does not say where an
  entity is: its country is ZZ, which is none. Its currency is that of most lines.
---*/
with lines as (
    select
        coalesce(plain_value(entity), 'own') as entity_id,
        coalesce(upper(plain_value(currency)), 'XXX') as currency,
        _source,
        _row,
        row_number() over (order by _source, _row) as place
    from listed_lines
),

currencies as (
    select
        entity_id,
        currency,
        row_number() over (partition by entity_id order by count(*) desc, min(place)) as turn
    from lines
    group by entity_id, currency
),

seen as (
    select
        entity_id,
        _source,
        _row,
        row_number() over (partition by entity_id order by place) as turn
    from lines
)

select
    seen.entity_id,
    seen.entity_id as name,
    'ZZ' as country,
    currencies.currency,
    seen._source,
    seen._row
from seen
inner join currencies on seen.entity_id = currencies.entity_id
where
    seen.turn = 1
    and currencies.turn = 1
order by seen._source, seen._row
