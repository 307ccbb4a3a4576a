/*---
note: Currencies without two decimals; amounts were taken as SE16N shows them, which a raw extract does not
---*/
-- Inside, SAP keeps every amount with two decimals: 1000 yen as 10.00 (TCURX), 1.500 dinars as 15.00.
with amounts as (
    select
        plain_value(waerk) as currency,
        bare_number(plain_value(netwr)) as amount
    from vbrk
)

select
    currency as subject,
    cast(count(*) as varchar) || ' documents, '
    || case
        when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND')
            then
                cast(count(case when regexp_full_match(amount, '.*[.,][0-9]{3}') then 1 end) as varchar)
                || ' of them with three decimals; a raw extract has two and ten times the amount'
        else
            cast(count(case when regexp_full_match(amount, '.*[.,][0-9]{1,2}') then 1 end) as varchar)
            || ' of them with decimals; a raw extract has two and a hundredth of the amount'
    end as note
from amounts
where
    currency in (
        'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF',
        'XOF', 'XPF', 'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'
    )
group by currency
order by currency
