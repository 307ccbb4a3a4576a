/*---
table: invoice_lines
what: >
  Every line that carries money, then the allowances and charges of the whole document as lines of their own, so that
  the lines add up to it; a line that only groups others, or only informs, is none. A line's own allowances less its
  charges are its discount. A price for several pieces is divided where that ends within eight decimals, else the
  quantity is counted in so many pieces, else the price is rounded; where even that would move the amount, the line is
  one piece.
rows_of: lines
---*/
with numbered as (
    select
        *,
        dense_rank() over (partition by seller_id, number order by issue_date, content) as turn
    from documents
),

items as (
    select lines.seller_item
    from lines
    inner join documents on lines._source = documents._source and lines.document = documents.document
    group by lines.seller_item
    having count(distinct documents.seller_id) > 1 and count(distinct lower(lines.item_name)) > 1
),

parents as (
    select
        _source,
        document,
        parent_id
    from lines
    where parent_id is not null
    group by _source, document, parent_id
),

discounts as (
    select
        _source,
        document,
        position,
        sum(case kind when 'allowance' then read_money(net) else -read_money(net) end) as amount,
        min(
            case when read_money(net) is null then 'an allowance or charge of ' || coalesce(net, 'nothing') end
        ) as unread
    from line_charges
    group by _source, document, position
),

kept as (
    select
        lines.*,
        documents.seller_id,
        documents.digits,
        documents.sign,
        documents.seller_id || '/' || documents.number
        || case when documents.turn > 1 then '~' || cast(documents.turn as varchar) else '' end as invoice_id,
        row_number() over (
            partition by lines._source, lines.document
            order by case lines.kind when 'line' then 0 else 1 end, cast(lines.position as bigint)
        ) as line_number,
        case
            when coalesce(lines.period_from, lines.period_to) is null then documents.period_from else lines.period_from
        end as first_day,
        case
            when coalesce(lines.period_from, lines.period_to) is null then documents.period_to else lines.period_to
        end as last_day,
        coalesce(
            discounts.unread,
            cast(case documents.sign when '-1' then -discounts.amount else discounts.amount end as varchar)
        ) as discount_amount,
        cast(cast(read_quantity(lines.quantity) as decimal(28, 6)) * 1000000 as hugeint) as quantity_6,
        cast(cast(read_price(lines.price) as decimal(28, 8)) * 100000000 as hugeint) as price_8,
        nullif(cast(cast(read_quantity(lines.price_base) as decimal(28, 6)) * 1000000 as hugeint), 0) as base_6,
        cast(
            case documents.digits when '0' then 100000000 when '3' then 100000 when '4' then 10000 else 1000000 end
            as hugeint
        ) as minor_8
    from lines
    left join numbered as documents
        on lines._source = documents._source and lines.document = documents.document
    left join parents
        on
            lines._source = parents._source
            and lines.document = parents.document
            and lines.line_id = parents.parent_id
    left join discounts
        on
            lines._source = discounts._source
            and lines.document = discounts.document
            and lines.position = discounts.position
            and lines.kind = 'line'
    where
        lines.kind <> 'line'
        or lines.status not in ('GROUP', 'INFORMATION')
        or (lines.status is null and parents.parent_id is null)
),

-- All in whole numbers: quantities and bases in millionths, prices in hundred-millionths.
based as (
    select
        *,
        case
            when price_base is null or base_6 = 1000000 then 'as it is'
            when base_6 is null or base_6 < 0 or price_8 is null then 'unreadable'
            when price_8 * 1000000 % base_6 = 0 then 'price divided'
            when quantity_6 * 1000000 % base_6 = 0 then 'quantity divided'
            else 'rounded'
        end as basis,
        sign(price_8) * ((2 * abs(price_8) * 1000000 + base_6) // (2 * base_6)) as divided_8
    from kept
),

-- A whole one below is in the currency's minor unit: the exact amount, and what the rounded price would give.
rounded as (
    select
        *,
        case
            when basis <> 'rounded' then basis
            when abs(divided_8) >= 1000000000000000000 then 'unreadable'
            when
                (2 * abs(quantity_6 * price_8) + base_6 * minor_8) // (2 * base_6 * minor_8)
                = (2 * abs(quantity_6 * divided_8) + 1000000 * minor_8) // (2 * 1000000 * minor_8)
                then 'price divided'
            when (2 * abs(quantity_6 * price_8) + base_6) // (2 * base_6) < 1000000000000000000 then 'one piece'
            else 'unreadable'
        end as way
    from based
),

figured as (
    select
        *,
        case
            when kind <> 'line' and (kind = 'charge') = ((sign = '1') = (net not like '-%')) then '1'
            when kind <> 'line' then '-1'
            when way = 'quantity divided'
                then
                    cast(
                        cast(quantity_6 * 1000000 // base_6 as decimal(26, 0))
                        * cast(0.000001 as decimal(6, 6)) as varchar
                    )
            when way = 'one piece' then cast(sign(quantity_6) * sign(price_8) as varchar)
            else quantity
        end as pieces,
        case
            when kind <> 'line' then ltrim(net, '+-')
            when way in ('as it is', 'quantity divided') then price
            when way = 'price divided'
                then cast(cast(divided_8 as decimal(26, 0)) * cast(0.00000001 as decimal(8, 8)) as varchar)
            when way = 'one piece'
                then
                    cast(
                        cast((2 * abs(quantity_6 * price_8) + base_6) // (2 * base_6) as decimal(26, 0))
                        * cast(0.00000001 as decimal(8, 8)) as varchar
                    )
            else price || ' per ' || price_base
        end as unit_price
    from rounded
)

select
    figured.invoice_id || '/' || cast(figured.line_number as varchar) as invoice_line_id,
    figured.invoice_id,
    figured.line_number,
    case
        when figured.seller_item is null then figured.standard_item
        when items.seller_item is null then figured.seller_item
        else figured.seller_id || '/' || figured.seller_item
    end as product_id,
    case figured.kind
        when 'line' then coalesce(figured.item_name, figured.description)
        when 'charge' then 'Charge: ' || coalesce(figured.reason, figured.reason_code, 'without a reason')
        else 'Allowance: ' || coalesce(figured.reason, figured.reason_code, 'without a reason')
    end as description,
    case
        when figured.kind <> 'line' or figured.sign = '1' then figured.pieces
        when figured.pieces like '-%' then substr(figured.pieces, 2)
        else '-' || figured.pieces
    end as quantity,
    figured.unit_price,
    figured.discount_amount,
    case
        when figured.kind <> 'line' and figured.pieces = '1' then figured.unit_price
        when figured.kind <> 'line' then '-' || figured.unit_price
        when figured.sign = '1' then figured.net
        when figured.net like '-%' then substr(figured.net, 2)
        else '-' || figured.net
    end as net_amount,
    figured.category as tax_code,
    coalesce(
        cast(cast(read_rate(figured.percent) as decimal(28, 8)) * cast(0.01 as decimal(3, 2)) as varchar),
        figured.percent || ' percent'
    ) as tax_rate,
    figured.first_day as period_from,
    coalesce(
        cast(cast(read_date(figured.last_day) + interval 1 day as date) as varchar), figured.last_day
    ) as period_to,
    figured._source,
    figured._row
from figured
left join items on figured.seller_item = items.seller_item
order by figured._source, figured._row
