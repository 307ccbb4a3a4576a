/*---
table: invoice_lines
what: >
  Every line but those of tax, which hang on the line that they tax: their amounts and rates are added up there.
  Freight, late charges and chargebacks are lines of their own, as is tax that hangs on no line. A line without quantity
  or price is one piece of its amount. The lines of a document below zero have a quantity below zero, not a price. The
  period is that of the revenue rule; its last day is inside it, so it ends a day later.
rows_of: ra_customer_trx_lines_all
---*/
with lines as (
    select
        *,
        plain_value(customer_trx_line_id) as line_id,
        plain_value(customer_trx_id) as invoice_id,
        plain_value(link_to_cust_trx_line_id) as parent_id,
        coalesce(plain_value(line_type), 'LINE') = 'TAX' as is_tax,
        plain_value(extended_amount) as amount,
        row_number() over (partition by plain_value(customer_trx_line_id) order by _source, _row) as turn
    from ra_customer_trx_lines_all
),

parents as (
    select
        line_id,
        min(invoice_id) as invoice_id
    from lines
    where not is_tax
    group by line_id
),

hung as (
    select
        lines.*,
        parents.line_id is not null as has_parent
    from lines
    left join parents
        on lines.is_tax and lines.parent_id = parents.line_id and lines.invoice_id = parents.invoice_id
),

taxes as (
    select
        parent_id,
        case
            when count(read_money(amount)) = count(*) then cast(sum(read_money(amount)) as varchar)
            else min(case when read_money(amount) is null then 'tax of ' || coalesce(amount, 'nothing') end)
        end as amount,
        case
            when count(read_rate(plain_value(tax_rate))) = count(*)
                then cast(sum(read_rate(plain_value(tax_rate))) * cast(0.01 as decimal(3, 2)) as varchar)
            else
                min(
                    case when read_rate(plain_value(tax_rate)) is null then plain_value(tax_rate) || ' percent' end
                )
        end as rate,
        string_agg(
            distinct coalesce(plain_value(tax_classification_code), plain_value(vat_tax_id)), '+'
            order by coalesce(plain_value(tax_classification_code), plain_value(vat_tax_id))
        ) as code
    from hung
    where is_tax and has_parent and turn = 1
    group by parent_id
),

totals as (
    select
        invoice_id,
        sum(read_money(amount)) as amount
    from lines
    where turn = 1
    group by invoice_id
),

items as (
    select
        plain_value(inventory_item_id) as item_id,
        min(coalesce(plain_value(item_number), plain_value(segment1))) as number
    from mtl_system_items
    group by plain_value(inventory_item_id)
),

shared as (
    select number
    from items
    group by number
    having count(*) > 1
),

last_days as (
    select distinct
        plain_value(rule_end_date) as written,
        coalesce(
            read_date(plain_value(rule_end_date)),
            read_date(day_by_form(plain_value(rule_end_date), '%d-%b-%y')),
            read_date(day_by_form(plain_value(rule_end_date), '%d-%b-%Y'))
        ) as day
    from ra_customer_trx_lines_all
    where plain_value(rule_end_date) is not null
),

counted as (
    select
        hung.*,
        taxes.amount as tax,
        taxes.rate,
        coalesce(plain_value(hung.tax_classification_code), taxes.code) as code,
        totals.amount < 0 as is_credit,
        coalesce(plain_value(hung.quantity_credited), plain_value(hung.quantity_invoiced)) as pieces,
        plain_value(hung.unit_selling_price) as price,
        case
            when items.item_id is null then 'id/' || plain_value(hung.inventory_item_id)
            when items.number is null then 'id/' || items.item_id
            when shared.number is null then items.number
            else items.number || '/' || items.item_id
        end as product_id,
        case when last_days.written is not null then plain_value(hung.rule_start_date) end as first_day,
        coalesce(cast(last_days.day + interval 1 day as varchar), last_days.written || ' and a day') as end_day,
        row_number() over (
            partition by hung.invoice_id
            order by
                case plain_value(hung.line_type) when 'LINE' then 0 else 1 end,
                read_int(plain_value(hung.line_number)),
                hung._source,
                hung._row
        ) as place
    from hung
    left join taxes on hung.line_id = taxes.parent_id and not hung.is_tax
    left join totals on hung.invoice_id = totals.invoice_id
    left join items on plain_value(hung.inventory_item_id) = items.item_id
    left join shared on items.number = shared.number
    left join last_days on plain_value(hung.rule_end_date) = last_days.written
    where not hung.has_parent
),

figured as (
    select
        *,
        case
            when is_tax then 'tax'
            when pieces is null or price is null then 'one piece'
            when is_credit and price like '-%' then 'turned'
            else 'as it is'
        end as way
    from counted
)

select
    line_id as invoice_line_id,
    invoice_id,
    coalesce(plain_value(line_number), cast(place as varchar)) as line_number,
    product_id,
    coalesce(plain_value(description), nullif(plain_value(line_type), 'LINE')) as description,
    case
        when way = 'tax' then '0'
        when way = 'one piece' then case when amount like '-%' then '-1' else '1' end
        when way = 'as it is' then pieces
        when pieces like '-%' then substr(pieces, 2)
        else '-' || pieces
    end as quantity,
    case
        when way = 'tax' then '0'
        when way = 'one piece' then case when amount like '-%' then substr(amount, 2) else amount end
        when way = 'as it is' then price
        else substr(price, 2)
    end as unit_price,
    case when way = 'tax' then '0' else amount end as net_amount,
    case way when 'tax' then coalesce(code, plain_value(vat_tax_id)) else code end as tax_code,
    case way when 'tax' then null else rate end as tax_rate,
    case way when 'tax' then amount else coalesce(tax, '0') end as tax_amount,
    case
        when plain_value(interface_line_context) = 'ORDER ENTRY' then plain_value(interface_line_attribute6)
    end as order_line_id,
    regexp_replace(first_day, '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as period_from,
    case when first_day is not null then end_day end as period_to,
    _source,
    _row
from figured
order by _source, _row
