/*---
table: tax_rates
what: >
  The rates of the tax tables, in parts of one. A rate without a first day is in force after the one before it has
  expired, else from the first day that the company's files speak of; one that had expired by then, always. A region
  has its own codes, with its name before them (PT-MA NOR), and so has every rate of the Portuguese code OUT, for other
  rates. The last day of a rate is inside it, so that it ends a day later. The same entry of several files counts once;
  fixed amounts are no rates.
rows_of: saft_tax_rates
---*/
with companies as (
    select
        company_id,
        min(period_from) as first_day
    from saft_files
    group by company_id
),

entries as (
    select
        rate.*,
        companies.first_day,
        case when length(rate.country) > 2 then rate.country || ' ' else '' end
        || rate.tax_code
        || case when rate.tax_code = 'OUT' then ' ' || rate.percentage else '' end as code,
        coalesce(split_part(rate.country, '-', 1), rate.home_country) as code_country
    from saft_tax_rates as rate
    left join companies on rate.company_id = companies.company_id
    where rate.percentage is not null
),

turned as (
    select
        *,
        row_number() over (
            partition by code, code_country, percentage, valid_from, valid_to order by _source, _row
        ) as turn
    from entries
),

followed as (
    select
        *,
        lag(valid_to) over (partition by code, code_country order by coalesce(valid_to, '9999'), _source, _row)
            as expired_before
    from turned
    where turn = 1 or code is null
)

select
    code as tax_code,
    code_country as country,
    coalesce(cast(cast(try_cast(percentage as decimal(18, 8)) * 0.01 as decimal(18, 8)) as varchar), percentage)
        as rate,
    coalesce(
        valid_from,
        cast(cast(read_date(expired_before) + interval 1 day as date) as varchar),
        case when valid_to is not null and valid_to < first_day then '1900-01-01' end,
        first_day
    ) as valid_from,
    coalesce(cast(cast(read_date(valid_to) + interval 1 day as date) as varchar), valid_to) as valid_to,
    _source,
    _row
from followed
order by _source, _row
