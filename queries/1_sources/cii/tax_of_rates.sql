/*---
tie_out: Tax arithmetic
---*/
with computed as (
    select
        invoice.invoice_id,
        invoice.currency,
        documents.digits,
        coalesce(taxes.category, 'no category') || coalesce(' ' || taxes.percent || ' %', '') as rate,
        case documents.digits
            when '0' then cast(1 as decimal(5, 4))
            when '3' then cast(0.001 as decimal(5, 4))
            when '4' then cast(0.0001 as decimal(5, 4))
            else cast(0.01 as decimal(5, 4))
        end as unit,
        read_money(taxes.tax) as stated,
        case
            when taxes.percent is null then 0
            when abs(read_rate(taxes.percent)) <= 1000
                then
                    cast(read_money(taxes.taxable) as decimal(20, 4))
                    * cast(read_rate(taxes.percent) as decimal(12, 8))
        end as hundredfold
    from taxes
    inner join documents on taxes._source = documents._source and taxes.document = documents.document
    inner join loaded_invoices as invoice on documents._source = invoice._source and documents._row = invoice._row
    where coalesce(taxes.currency, documents.currency) = documents.currency
),

-- Halves go away from zero or, as EN 16931's own rules have it, toward plus infinity.
rounded as (
    select
        *,
        case digits
            when '0' then cast(round(hundredfold, -2) as decimal(38, 4))
            when '3' then cast(round(hundredfold, 1) as decimal(38, 4))
            when '4' then cast(round(hundredfold, 2) as decimal(38, 4))
            else cast(round(hundredfold, 0) as decimal(38, 4))
        end * cast(0.01 as decimal(2, 2)) as away
    from computed
)

select
    invoice_id as subject,
    'BT-117 tax of ' || rate as what,
    currency,
    stated,
    case
        when 2 * (hundredfold * cast(0.01 as decimal(2, 2)) - away) = unit and stated = away + unit then stated
        else cast(away as decimal(38, 4))
    end as found
from rounded
where stated is not null
