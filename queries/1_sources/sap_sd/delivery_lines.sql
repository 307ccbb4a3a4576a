/*---
table: delivery_lines
what: >
  The items of the deliveries, by delivery and item, both without leading zeros; a batch split is an item of its own.
  Returns are less than nothing and name the order item that was returned, found through the returns item. A quantity
  in another unit than the order item's is turned into that unit through the base unit, to six decimals.
rows_of: lips
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
            lfimg as number,
            1000000000 as weight
        from lips
        union all
        select
            lgmng as number,
            1000000000 as weight
        from lips
        union all
        select
            ntgew as number,
            1000000000 as weight
        from lips
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

headers as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as delivery_id,
        plain_value(vbtyp) as category,
        row_number() over (
            partition by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') order by _source, _row
        ) as turn
    from likp
),

billed as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as document_id,
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1') as item,
        min(regexp_replace(plain_value(aubel), '^0+([0-9]+)$', '\1')) as order_id,
        min(regexp_replace(plain_value(aupos), '^0+([0-9]+)$', '\1')) as order_item
    from vbrp
    group by
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1'),
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1')
),

-- An item of a return or request stands for the order item that it refers to, or that the invoice it refers to billed.
ordered as (
    select
        regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1') as order_id,
        regexp_replace(plain_value(vbap.posnr), '^0+([0-9]+)$', '\1') as item,
        min(plain_value(vbap.vrkme)) as unit,
        min(plain_value(vbap.meins)) as base_unit,
        min(read_int(plain_value(vbap.umvkz))) as numerator,
        min(read_int(plain_value(vbap.umvkn))) as denominator,
        min(
            case
                when coalesce(plain_value(vbak.vbtyp), 'C') not in ('H', 'K')
                    then
                        regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1')
                        || '/' || regexp_replace(plain_value(vbap.posnr), '^0+([0-9]+)$', '\1')
                when plain_value(vbap.vgtyp) = 'C'
                    then
                        regexp_replace(plain_value(vbap.vgbel), '^0+([0-9]+)$', '\1')
                        || '/' || regexp_replace(plain_value(vbap.vgpos), '^0+([0-9]+)$', '\1')
                else billed.order_id || '/' || billed.order_item
            end
        ) as order_line_id
    from vbap
    left join vbak
        on
            regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1')
            = regexp_replace(plain_value(vbak.vbeln), '^0+([0-9]+)$', '\1')
    left join billed
        on
            regexp_replace(plain_value(vbap.vgbel), '^0+([0-9]+)$', '\1') = billed.document_id
            and regexp_replace(plain_value(vbap.vgpos), '^0+([0-9]+)$', '\1') = billed.item
    group by
        regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1'),
        regexp_replace(plain_value(vbap.posnr), '^0+([0-9]+)$', '\1')
),

items as (
    select
        regexp_replace(plain_value(lips.vbeln), '^0+([0-9]+)$', '\1') as delivery_id,
        regexp_replace(plain_value(lips.posnr), '^0+([0-9]+)$', '\1') as item,
        regexp_replace(plain_value(lips.matnr), '^0+([0-9]+)$', '\1') as product_id,
        regexp_replace(plain_value(lips.vgbel), '^0+([0-9]+)$', '\1') as reference_id,
        regexp_replace(plain_value(lips.vgpos), '^0+([0-9]+)$', '\1') as reference_item,
        plain_value(lips.vgtyp) as reference_category,
        plain_value(lips.vrkme) as unit,
        plain_value(lips.meins) as base_unit,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(lips.lfimg) else number_with_point(lips.lfimg)
            end,
            plain_value(lips.lfimg)
        ) as quantity,
        case written.decimal_sign
            when ',' then number_with_comma(lips.lgmng) else number_with_point(lips.lgmng)
        end as base_quantity,
        lips._source,
        lips._row
    from lips
    cross join written
),

joined as (
    select
        items.*,
        headers.category,
        case
            when ordered.order_id is not null then ordered.order_line_id
            when coalesce(items.reference_category, 'C') not in ('V', 'H')
                then items.reference_id || '/' || items.reference_item
        end as order_line_id,
        case
            when items.unit <> ordered.unit and items.base_unit = ordered.base_unit and ordered.numerator > 0
                then
                    cast(cast(read_quantity(items.base_quantity) as decimal(28, 6)) * 1000000 as hugeint)
                    * ordered.denominator
        end as parts,
        ordered.numerator
    from items
    left join headers on items.delivery_id = headers.delivery_id and headers.turn = 1
    left join ordered on items.reference_id = ordered.order_id and items.reference_item = ordered.item
    where coalesce(headers.category, '') <> '7'
),

counted as (
    select
        *,
        case
            when parts >= 0
                then
                    cast(
                        try_cast((2 * parts + numerator) // (2 * numerator) as decimal(26, 0))
                        * cast(0.000001 as decimal(6, 6)) as varchar
                    )
            else quantity
        end as pieces
    from joined
)

select
    delivery_id || '/' || item as delivery_line_id,
    delivery_id,
    order_line_id,
    product_id,
    case
        when coalesce(category, '') <> 'T' then pieces
        when pieces like '-%' then substr(pieces, 2)
        else '-' || pieces
    end as quantity,
    _source,
    _row
from counted
order by _source, _row
