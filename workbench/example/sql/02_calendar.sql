-- Entities, days, and what a day belongs to. `authority` is what a supervisor may approve; `unit` the minor unit.
create table entity as
select
    cast(entity_no as bigint) as entity_no,
    entity_id,
    name,
    country,
    currency,
    cast(unit as bigint) as unit,
    cast(authority as bigint) as authority,
    neighbour
from (
    values
    (0, 'SG01', 'Merlion Distribution Pte. Ltd.', 'SG', 'SGD', 100, 20000000, 'MY'),
    (1, 'JP01', '株式会社アサヒ流通', 'JP', 'JPY', 10000, 2000000000, 'TW'),
    (2, 'KW01', 'شركة الخليج للتوزيع', 'KW', 'KWD', 10, 5000000, 'SA')
) as listed (entity_no, entity_id, name, country, currency, unit, authority, neighbour);

create table calendar as
with days as (
    select
        day,
        on_day(day) as date
    from range(-400, 1500) as days (day)
)

select
    day,
    date,
    (year(date) - 2024) * 12 + month(date) - 1 as month_no,
    year(date) as year,
    month(date) as month,
    day(date) as day_of_month,
    day - day(date) + 1 as month_start,
    day(last_day(date)) as days_in_month
from days;

-- Calendar months, quarters and years from a billing day, as half-open days.
create table billing_period as
select
    length.months,
    billing.day as billing_day,
    opening.month_no,
    opening.day + billing.day - 1 as starts,
    closing.day + billing.day - 1 as ends
from (values (1), (3), (12)) as length (months)
cross join (values (1), (15)) as billing (day)
inner join calendar as opening on opening.day_of_month = 1 and opening.month_no between -12 and 24
inner join calendar as closing on closing.day_of_month = 1 and closing.month_no = opening.month_no + length.months
where opening.month_no % length.months = 0;
