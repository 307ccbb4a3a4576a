-- Days and months.

-- Whole days from one date to another.
create or replace macro days_between(earlier, later) as date_diff('day', cast(earlier as date), cast(later as date));

-- The number of the span of days that a day is in, where days no more than so many apart are of one span or of two that
-- follow each other.
create or replace macro span_of(day, days) as days_between(date '2000-01-01', day) // (days + 1);

-- Months from one day to the same day of a later month; 0 where a part of a month is left over. A day that the later
-- month lacks is its last one: 31 January to 28 February is one month.
create or replace macro whole_months(from_day, to_day) as case
    when
        extract(day from from_day) = extract(day from to_day)
        or (extract(day from to_day + 1) = 1 and extract(day from from_day) > extract(day from to_day))
        or (extract(day from from_day + 1) = 1 and extract(day from to_day) > extract(day from from_day))
        then
            12 * (extract(year from to_day) - extract(year from from_day))
            + extract(month from to_day) - extract(month from from_day)
    else 0
end;

-- The first day of a day's month.
create or replace macro month_of(day) as make_date(extract(year from day), extract(month from day), 1);

-- The same day so many months later; where that month is too short, its last day.
create or replace macro add_months_to(day, months) as cast(day + to_months(months) as date);

-- Whole seconds from one moment to another, cut off.
create or replace macro seconds_between(earlier, later) as (epoch_us(later) - epoch_us(earlier)) // 1000000;
