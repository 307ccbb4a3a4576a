select
    pair.currency,
    'SGD' as quote_currency,
    calendar.date as rate_date,
    cast(cast(pair.level + mix(calendar.month_no, pair.salt) % (pair.level // 40) + mix(calendar.day, pair.salt) % (pair.level // 200) as decimal(12, 0))
        * cast(0.00000001 as decimal(9, 8)) as decimal(18, 8)) as rate
from calendar
cross join (values ('USD', 133000000, 941), ('JPY', 890000, 942), ('KWD', 432000000, 943)) as pair (currency, level, salt)
where calendar.day between 0 and getvariable('last_day')
order by pair.currency, calendar.day
