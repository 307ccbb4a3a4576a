/*---
table: invoice_lines
what: >
  Every row of the list is one line; where no column numbers them they are numbered within their document in the order
  of the list. An amount that a list has no column for is computed of others, where computed names it; a credit note
  that is listed with amounts above zero turns their sign.
one_row_per: listed_lines
---*/
with texts as (
    select
        plain_value(invoice) as invoice_id,
        plain_value(line) as line_number,
        coalesce(plain_value(product), plain_value(description)) as product_id,
        plain_value(description) as description,
        plain_value(delivery) as delivery_id,
        plain_value(tax_code) as tax_code,
        plain_value(period_from) as period_from,
        plain_value(period_to) as period_to,
        plain_value(computed) as computed,
        decimal_sign = ',' as has_comma,
        regexp_matches(lower(kind), '(credit|gutschrift|storno|贷|红|赤|返品)') as is_credit,
        plain_value(quantity) as quantity,
        plain_value(unit_price) as unit_price,
        plain_value(discount) as discount,
        plain_value(net) as net,
        plain_value(tax) as tax,
        plain_value(gross) as gross,
        rtrim(replace(plain_value(tax_rate), '％', '%'), '% ') as tax_rate,
        contains(replace(tax_rate, '％', '%'), '%') as is_percent,
        _source,
        _row
    from listed_lines
),

numbers as (
    select
        * replace (
            coalesce(
                case when has_comma then number_with_comma(quantity) else number_with_point(quantity) end, quantity
            )
                as quantity,
            coalesce(
                case when has_comma then number_with_comma(unit_price) else number_with_point(unit_price) end,
                unit_price
            ) as unit_price,
            coalesce(
                case when has_comma then number_with_comma(discount) else number_with_point(discount) end, discount
            )
                as discount,
            coalesce(case when has_comma then number_with_comma(net) else number_with_point(net) end, net) as net,
            coalesce(case when has_comma then number_with_comma(tax) else number_with_point(tax) end, tax) as tax,
            coalesce(case when has_comma then number_with_comma(gross) else number_with_point(gross) end, gross)
                as gross,
            coalesce(
                case when has_comma then number_with_comma(tax_rate) else number_with_point(tax_rate) end, tax_rate
            )
                as tax_rate
        ),
        row_number() over (partition by invoice_id order by _source, _row) as turn,
        row_number() over (partition by invoice_id, delivery_id, product_id order by _source, _row) as product_turn,
        max(read_rate(case when has_comma then number_with_comma(tax_rate) else number_with_point(tax_rate) end))
            over ()
        >= 1 as in_percent
    from texts
),

amounts as (
    select
        * replace (
            case
                when computed not like '%net%' or computed is null then net
                when computed like '%net of gross%'
                    then cast(read_money(gross) - coalesce(read_money(tax), 0) as varchar)
                else
                    cast(
                        cast(
                            round(
                                cast(read_quantity(quantity) as decimal(19, 6)) * read_price(unit_price), 2
                            ) as decimal(18, 4)
                        )
                        - coalesce(read_money(discount), 0) as varchar
                    )
            end as net
        )
    from numbers
),

whole as (
    select
        * replace (
            case
                when computed like '%quantity%' and computed like '%unit_price%' then '1'
                when computed like '%quantity%'
                    then
                        cast(
                            try_cast(round(read_money(net) / nullif(read_price(unit_price), 0), 6) as decimal(18, 6))
                            as varchar
                        )
                else quantity
            end as quantity,
            case
                when computed like '%quantity%' and computed like '%unit_price%' then net
                when computed like '%unit_price%'
                    then
                        cast(
                            try_cast(
                                round(
                                    (read_money(net) + coalesce(read_money(discount), 0))
                                    / nullif(read_quantity(quantity), 0),
                                    8
                                )
                                as decimal(18, 8)
                            ) as varchar
                        )
                else unit_price
            end as unit_price
        ),
        coalesce(is_credit and read_money(net) > 0, false) as turns
    from amounts
)

select
    invoice_id || '-' || coalesce(line_number, cast(turn as varchar)) as invoice_line_id,
    invoice_id,
    coalesce(line_number, cast(turn as varchar)) as line_number,
    product_id,
    case
        when delivery_id is not null
            then
                delivery_id || '-' || product_id
                || case when product_turn > 1 then '-' || cast(product_turn as varchar) else '' end
    end as delivery_line_id,
    description,
    case when turns and quantity not like '-%' then '-' || quantity else quantity end as quantity,
    unit_price,
    case when turns and discount not like '-%' then '-' || discount else discount end as discount_amount,
    case when turns then '-' || net else net end as net_amount,
    tax_code,
    case
        when is_percent or in_percent then cast(cast(read_rate(tax_rate) / 100 as decimal(18, 8)) as varchar)
        else tax_rate
    end as tax_rate,
    case when turns and tax not like '-%' then '-' || tax else tax end as tax_amount,
    period_from,
    period_to,
    _source,
    _row
from whole
order by _source, _row
