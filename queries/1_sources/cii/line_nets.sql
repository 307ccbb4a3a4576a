/*---
tie_out: Line arithmetic
---*/
with computed as (
    select
        line.invoice_id,
        coalesce(lines.line_id, lines.position) as line_id,
        invoice.currency,
        documents.digits,
        case documents.digits
            when '0' then cast(1 as decimal(5, 4))
            when '3' then cast(0.001 as decimal(5, 4))
            when '4' then cast(0.0001 as decimal(5, 4))
            else cast(0.01 as decimal(5, 4))
        end as unit,
        line.net_amount * cast(documents.sign as integer) as stated,
        (
            cast(line.quantity as decimal(19, 6)) * cast(line.unit_price as decimal(18, 8))
            - coalesce(line.discount_amount, 0)
        ) * cast(documents.sign as integer) as exact_amount
    from loaded_invoice_lines as line
    inner join lines on line._source = lines._source and line._row = lines._row
    inner join documents on lines._source = documents._source and lines.document = documents.document
    inner join loaded_invoices as invoice on line.invoice_id = invoice.invoice_id
    where lines.kind = 'line'
),

-- Halves go away from zero or, as EN 16931's own rules have it, toward plus infinity.
rounded as (
    select
        *,
        case digits
            when '0' then cast(round(exact_amount, 0) as decimal(38, 4))
            when '3' then cast(round(exact_amount, 3) as decimal(38, 4))
            when '4' then cast(round(exact_amount, 4) as decimal(38, 4))
            else cast(round(exact_amount, 2) as decimal(38, 4))
        end as away
    from computed
),

compared as (
    select
        *,
        case when 2 * (exact_amount - away) = unit and stated = away + unit then stated else away end as found
    from rounded
),

told as (
    select
        *,
        case when stated = found then '' else ', line ' || line_id end as place
    from compared
)

select
    invoice_id || place as subject,
    case place
        when '' then 'BT-131 net of the ' || cast(count(*) as varchar) || ' lines that multiply out'
        else 'BT-131 line net'
    end as what,
    currency,
    sum(stated) as stated,
    sum(found) as found
from told
group by invoice_id, currency, place
