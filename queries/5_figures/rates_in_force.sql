/*---
id: FIG-09
title: Rates in force
formula: the newest rate_date on or before the day, direct before inverse on one date; never a chain of two rates
source: conventions of issue 5
unit: a currency and a day
needs: {}
uses:
  fx_rates: [currency, quote_currency, rate_date, rate]
parameters:
  days: {unit: list of dates, why: each has rates of its own}
  currency: {unit: a currency, why: the one that amounts are reported in}
---*/
with asked as (
    select distinct unnest($days) as as_of
),

quoted as (
    select
        currency,
        rate_date,
        rate,
        false as is_inverse
    from fx_rates
    where quote_currency = $currency and rate > 0
    union all
    select
        quote_currency as currency,
        rate_date,
        rate,
        true as is_inverse
    from fx_rates
    where currency = $currency and rate > 0
)

select
    asked.as_of,
    quoted.currency,
    quoted.rate_date,
    quoted.rate,
    quoted.is_inverse
from asked
inner join quoted on asked.as_of >= quoted.rate_date
qualify
    row_number() over (
        partition by asked.as_of, quoted.currency
        order by quoted.rate_date desc, quoted.is_inverse asc
    ) = 1
order by asked.as_of, quoted.currency
