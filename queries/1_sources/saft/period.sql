/*---
tie_out: Period of the files
---*/
with files as (
    select
        _source,
        max(read_date(period_from)) as first_day,
        max(read_date(period_to)) as last_day
    from saft_files
    group by _source
),

dated as (
    select
        _source,
        'invoices' as what,
        read_date(date) as day
    from saft_invoices
    union all
    select
        _source,
        'payments' as what,
        read_date(date) as day
    from saft_payments
    where kind = 'payment'
    union all
    select
        _source,
        'ledger entries' as what,
        read_date(coalesce(posted, date)) as day
    from saft_transactions
)

select
    files._source as subject,
    dated.what || ' dated outside ' || cast(files.first_day as varchar) || ' to ' || cast(files.last_day as varchar)
        as what,
    cast(null as varchar) as currency,
    cast(0 as decimal(18, 0)) as stated,
    cast(sum(case when dated.day < files.first_day or dated.day > files.last_day then 1 else 0 end) as decimal(18, 0))
        as found
from files
inner join dated on files._source = dated._source
where
    files.first_day is not null
    and files.last_day is not null
group by files._source, files.first_day, files.last_day, dated.what
