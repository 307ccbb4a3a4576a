/*---
table: invoice_lines
what: >
  Every billing item, by document and item, both without leading zeros, with the sign of its document. The price is the
  net value by the quantity, to eight decimals; where conditions were exported and prices (KOAID B) less discounts and
  surcharges (A) are the net value, prices by quantity, and the discounts are the discount. A quantity in another unit
  than the order item's is turned into that unit through the base unit, to six decimals. An item of no quantity is one
  piece at its value, linked to nothing. Items of intercompany billing are linked to nothing either: they bill between
  companies what the customer's own invoice bills. Tax code and rate are those of the one tax condition (D).
one_row_per: vbrp
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
        from vbrp
        union all
        select
            mwsbp as number,
            1000000000 as weight
        from vbrp
        union all
        select
            fkimg as number,
            1000000000 as weight
        from vbrp
        union all
        select
            kursk as number,
            1000000000 as weight
        from vbrp
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
    ) as numbers
),

conditions_written as (
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
            kwert as number,
            1000000000 as weight
        from konv
        union all
        select
            kbetr as number,
            1000000000 as weight
        from konv
        union all
        select
            kawrt as number,
            1000000000 as weight
        from konv
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
        regexp_replace(plain_value(vbrk.vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        plain_value(vbrk.knumv) as conditions_id,
        plain_value(vbrk.vbtyp) as category,
        coalesce(plain_value(vbrk.fktyp), '') = 'I'
        or plain_value(vbrk.vbtyp) in ('5', '6', 'f003')
        or coalesce(plain_value(original.vbtyp), '') in ('5', '6', 'f003') as is_intercompany,
        row_number() over (
            partition by regexp_replace(plain_value(vbrk.vbeln), '^0+([0-9]+)$', '\1')
            order by vbrk._source, vbrk._row
        ) as turn
    from vbrk
    left join vbrk as original
        on
            nullif(regexp_replace(plain_value(vbrk.sfakn), '^0+([0-9]*)$', '\1'), '')
            = regexp_replace(plain_value(original.vbeln), '^0+([0-9]+)$', '\1')
),

conditions as (
    select
        plain_value(konv.knumv) as conditions_id,
        regexp_replace(plain_value(konv.kposn), '^0+([0-9]+)$', '\1') as item,
        plain_value(konv.koaid) as class,
        plain_value(konv.mwsk1) as tax_code,
        read_money(
            case conditions_written.decimal_sign
                when ',' then number_with_comma(konv.kwert) else number_with_point(konv.kwert)
            end
        ) as amount,
        read_money(
            case conditions_written.decimal_sign
                when ',' then number_with_comma(konv.kawrt) else number_with_point(konv.kawrt)
            end
        ) as base,
        read_money(
            case conditions_written.decimal_sign
                when ',' then number_with_comma(konv.kbetr) else number_with_point(konv.kbetr)
            end
        ) as rate
    from konv
    cross join conditions_written
    where plain_value(konv.kstat) is null and plain_value(konv.kinak) is null
),

-- A rate of 19 % is written as 190 in KONV and as 19 in PRCD_ELEMENTS: the amount of the tax says which it is.
priced as (
    select
        conditions_id,
        item,
        case
            when count(case when class in ('A', 'B') then 1 end) = count(case when class in ('A', 'B') then amount end)
                then sum(case when class = 'B' then amount end)
        end as prices,
        coalesce(sum(case when class = 'A' then amount end), 0) as reductions,
        case when count(case when class = 'D' then 1 end) = 1 then max(case when class = 'D' then tax_code end) end
            as tax_code,
        case
            when count(case when class = 'D' then 1 end) = 1
                then
                    max(
                        case
                            when class <> 'D' then null
                            when
                                abs(amount * 1000 - cast(base as decimal(28, 4)) * rate)
                                <= abs(amount * 1000 - cast(base as decimal(28, 4)) * rate * 10)
                                then cast(rate * cast(0.001 as decimal(4, 3)) as varchar)
                            else cast(rate * cast(0.01 as decimal(3, 2)) as varchar)
                        end
                    )
        end as tax_rate
    from conditions
    group by conditions_id, item
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

delivered as (
    select distinct regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as delivery_id
    from lips
),

items as (
    select
        vbrp.*,
        regexp_replace(plain_value(vbrp.vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        regexp_replace(plain_value(vbrp.posnr), '^0+([0-9]+)$', '\1') as item,
        regexp_replace(plain_value(vbrp.vgbel), '^0+([0-9]+)$', '\1') as reference_id,
        regexp_replace(plain_value(vbrp.vgpos), '^0+([0-9]+)$', '\1') as reference_item,
        regexp_replace(plain_value(vbrp.aubel), '^0+([0-9]+)$', '\1') as order_id,
        regexp_replace(plain_value(vbrp.aupos), '^0+([0-9]+)$', '\1') as order_item,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbrp.fkimg) else number_with_point(vbrp.fkimg)
            end,
            plain_value(vbrp.fkimg)
        ) as billed_quantity,
        case written.decimal_sign
            when ',' then number_with_comma(vbrp.fklmg) else number_with_point(vbrp.fklmg)
        end as base_quantity,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbrp.netwr) else number_with_point(vbrp.netwr)
            end,
            plain_value(vbrp.netwr)
        ) as net,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbrp.mwsbp) else number_with_point(vbrp.mwsbp)
            end,
            plain_value(vbrp.mwsbp)
        ) as tax
    from vbrp
    cross join written
),

joined as (
    select
        items.*,
        case when headers.category in ('N', 'O', '4', '6', 'f002') then -1 else 1 end as factor,
        coalesce(headers.is_intercompany, false) as is_intercompany,
        priced.tax_code,
        priced.tax_rate,
        case
            when
                priced.prices + priced.reductions = read_money(items.net) and priced.reductions <> 0
                then priced.reductions
            else 0
        end as reductions,
        case
            when ordered.order_id is not null then ordered.order_line_id
            when coalesce(plain_value(items.autyp), 'C') not in ('H', 'K')
                then items.order_id || '/' || items.order_item
        end as order_line_id,
        case
            when
                plain_value(items.vgtyp) in ('J', 'T')
                or (plain_value(items.vgtyp) is null and delivered.delivery_id is not null)
                then items.reference_id || '/' || items.reference_item
        end as delivery_line_id,
        case
            when
                plain_value(items.vrkme) <> ordered.unit
                and plain_value(items.meins) = ordered.base_unit
                and ordered.numerator > 0
                then
                    cast(cast(read_quantity(items.base_quantity) as decimal(28, 6)) * 1000000 as hugeint)
                    * ordered.denominator
        end as parts,
        ordered.numerator
    from items
    left join headers on items.invoice_id = headers.invoice_id and headers.turn = 1
    left join priced on headers.conditions_id = priced.conditions_id and items.item = priced.item
    left join ordered on items.order_id = ordered.order_id and items.order_item = ordered.item
    left join delivered on items.reference_id = delivered.delivery_id
),

counted as (
    select
        *,
        abs(
            coalesce(
                (2 * abs(parts) + numerator) // (2 * numerator),
                cast(cast(read_quantity(billed_quantity) as decimal(28, 6)) * 1000000 as hugeint)
            )
        ) as quantity_6,
        cast(cast(read_money(net) - reductions as decimal(28, 4)) * 10000 as hugeint) as value_4
    from joined
),

-- In whole numbers, so that the quotient is exact before it is rounded. A value below zero is a quantity below zero.
figured as (
    select
        *,
        case
            when quantity_6 is null then billed_quantity
            when value_4 is null then cast(read_quantity(billed_quantity) as varchar)
            else
                cast(
                    try_cast(
                        case when quantity_6 = 0 then 1000000 else quantity_6 end
                        * case when value_4 < 0 then -factor else factor end as decimal(26, 0)
                    ) * cast(0.000001 as decimal(6, 6)) as varchar
                )
        end as quantity,
        case
            when value_4 is null then net
            when quantity_6 is null then billed_quantity || ' pieces'
            when quantity_6 = 0
                then cast(try_cast(abs(value_4) as decimal(26, 0)) * cast(0.0001 as decimal(4, 4)) as varchar)
            else
                cast(
                    try_cast((2 * abs(value_4) * 10000000000 + quantity_6) // (2 * quantity_6) as decimal(26, 0))
                    * cast(0.00000001 as decimal(8, 8)) as varchar
                )
        end as unit_price
    from counted
)

select
    invoice_id || '/' || item as invoice_line_id,
    invoice_id,
    item as line_number,
    regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1') as product_id,
    case when not is_intercompany and coalesce(quantity_6, 1) <> 0 then order_line_id end as order_line_id,
    case when not is_intercompany and coalesce(quantity_6, 1) <> 0 then delivery_line_id end as delivery_line_id,
    plain_value(arktx) as description,
    quantity,
    unit_price,
    case when reductions <> 0 then cast(-factor * reductions as varchar) end as discount_amount,
    coalesce(cast(factor * read_money(net) as varchar), net) as net_amount,
    tax_code,
    tax_rate,
    coalesce(cast(factor * read_money(tax) as varchar), tax) as tax_amount,
    _source,
    _row
from figured
order by _source, _row
