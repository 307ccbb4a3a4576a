/*---
table: order_lines
what: >
  The items of the orders, by order and item, both without leading zeros. The price is the net value by the quantity,
  to eight decimals. A rejected item (ABGRU) is an order of nothing any more. An item whose quantity is none has no
  price.
rows_of: vbap
---*/
with written as (
    select
        case
            when
                sum(
                    case
                        when number_with_comma(number) is null and number_with_point(number) is not null then -weight
                        when number_with_point(number) is null and number_with_comma(number) is not null then weight
                    end
                ) > 0
                then ','
            else '.'
        end as decimal_sign
    from (
        select
            netwr as number,
            1000000000 as weight
        from vbap
        union all
        select
            kwmeng as number,
            1000000000 as weight
        from vbap
        union all
        select
            netpr as number,
            1000000000 as weight
        from vbap
        union all
        select
            mwsbp as number,
            1000000000 as weight
        from vbap
        union all
        select
            netwr as number,
            1 as weight
        from vbrk
        union all
        select
            kurrf as number,
            1 as weight
        from vbrk
        union all
        select
            netwr as number,
            1 as weight
        from vbrp
        union all
        select
            kursk as number,
            1 as weight
        from vbrp
    ) as numbers
),

left_out as (
    select distinct regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as order_id
    from vbak
    where plain_value(vbtyp) not in ('C', 'I', 'E', 'L')
),

items as (
    select
        regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1') as order_id,
        regexp_replace(plain_value(vbap.posnr), '^0+([0-9]+)$', '\1') as item,
        regexp_replace(plain_value(vbap.matnr), '^0+([0-9]+)$', '\1') as product_id,
        plain_value(vbap.abgru) as rejected,
        vbap.kwmeng,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbap.kwmeng) else number_with_point(vbap.kwmeng)
            end,
            plain_value(vbap.kwmeng)
        ) as quantity,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbap.netwr) else number_with_point(vbap.netwr)
            end,
            plain_value(vbap.netwr)
        ) as net,
        vbap._source,
        vbap._row
    from vbap
    cross join written
),

-- In whole numbers, so that the quotient is exact before it is rounded: millionths and ten-thousandths.
counted as (
    select
        *,
        cast(cast(read_quantity(quantity) as decimal(28, 6)) * 1000000 as hugeint) as quantity_6,
        cast(cast(read_money(net) as decimal(28, 4)) * 10000 as hugeint) as net_4
    from items
)

select
    counted.order_id || '/' || counted.item as order_line_id,
    counted.order_id,
    counted.item as line_number,
    counted.product_id,
    case when counted.rejected is null then counted.quantity else '0' end as quantity,
    case
        when counted.quantity_6 = 0 then null
        when counted.quantity_6 is not null and counted.net_4 is not null
            then
                cast(
                    try_cast(
                        (2 * abs(counted.net_4) * 10000000000 + abs(counted.quantity_6))
                        // (2 * abs(counted.quantity_6)) as decimal(26, 0)
                    ) * cast(0.00000001 as decimal(8, 8)) as varchar
                )
        else counted.net
    end as unit_price,
    counted._source,
    counted._row
from counted
left join left_out on counted.order_id = left_out.order_id
where left_out.order_id is null
order by counted._source, counted._row
