-- Numbers that no document has: one, a few in a row, and more than one in twenty of a small series.
delete from eligible;

insert into eligible
with counted as (
    select
        entity_no,
        year,
        kind,
        count(*) as documents
    from bill
    where status <> 'draft'
    group by entity_no, year, kind
),

places as (
    select
        counted.*,
        mix(entity_no * 100 + year * 10 + try.try, 701) % 2 as gap_kind,
        2 + mix(entity_no * 100 + year * 10 + try.try, 702) % (documents - 3) as place
    from counted
    cross join range(12) as try (try)
    where kind = 'invoice' and documents > 20
)

select
    gap_kind, year * 1000000000 + entity_no * 100000000 + place, entity_no, null, year, place, case gap_kind when 0 then 1 else 3 end
from places
union all
select
    2, year * 1000000000 + entity_no * 100000000 + 99999999, entity_no, null, year, documents // 2, 1 + documents // 15
from counted
where kind = 'debit_memo' and documents >= 2;

insert into plant
select 'COM-05', * from chosen(3, 703);
