/*---
note: Statements read more than once; the first copy was counted
---*/
with copies as (
    select
        movement.statement_key,
        movement._source,
        movement.statement,
        count(*) as entries,
        count(line.bank_line_id) as accepted
    from movements as movement
    left join loaded_bank_lines as line
        on
            movement._source = line._source
            and movement._row = line._row
    group by movement.statement_key, movement._source, movement.statement
),

turns as (
    select
        *,
        count(*) over (partition by statement_key) as times
    from copies
)

select
    statement_key as subject,
    string_agg(_source, ', ' order by _source) || ': ' || cast(sum(accepted) as varchar) || ' of '
    || cast(sum(entries) as varchar) || ' entries accepted' as note
from turns
where
    times > 1
    or accepted = 0
group by statement_key
order by statement_key
