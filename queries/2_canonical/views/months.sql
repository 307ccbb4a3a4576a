/*---
view: months
what: Calendar months from 1970 to 2099 as half-open days [month_from, month_to).
needs: {}
---*/
with calendar as (
    select
        1970 + 10 * decades.decade + years.year as year,
        twelve.month
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as decades (decade)
    cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as years (year)
    cross join (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as twelve (month)
)

select
    make_date(year, month, 1) as month_from,
    make_date(year + month // 12, month % 12 + 1, 1) as month_to
from calendar
