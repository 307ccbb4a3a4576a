/*---
table: invoices
rows_of: listed_lines
what: >
  One document per number. What is said of a document is what its first line says that says anything; its amounts are
  the sums of its lines, or the total that every line of it repeats. A document below zero, or of a kind that says so,
  is a credit memo. A document of which one line cannot be read is rejected, because its amount is not known.
---*/
with texts as (
    select
        *,
        plain_value(invoice) as invoice_id,
        decimal_sign = ',' as has_comma,
        coalesce(regexp_matches(lower(kind), '(credit|gutschrift|storno|贷|红|赤|返品)'), false) as is_credit,
        row_number() over (order by _source, _row) as place
    from listed_lines
    where plain_value(invoice) is not null
),

numbers as (
    select
        *,
        read_money(
            case when has_comma then number_with_comma(plain_value(net)) else number_with_point(plain_value(net)) end
        ) as net_read,
        read_money(
            case when has_comma then number_with_comma(plain_value(tax)) else number_with_point(plain_value(tax)) end
        ) as tax_read,
        read_money(
            case
                when has_comma then number_with_comma(plain_value(gross)) else number_with_point(plain_value(gross))
            end
        ) as gross_read,
        read_money(
            case
                when has_comma then number_with_comma(plain_value(total)) else number_with_point(plain_value(total))
            end
        ) as total_read,
        read_quantity(
            case
                when has_comma then number_with_comma(plain_value(quantity))
                else number_with_point(plain_value(quantity))
            end
        ) as quantity_read,
        read_price(
            case
                when has_comma then number_with_comma(plain_value(unit_price))
                else number_with_point(plain_value(unit_price))
            end
        ) as price_read,
        read_money(
            case
                when has_comma then number_with_comma(plain_value(discount))
                else number_with_point(plain_value(discount))
            end
        ) as discount_read
    from texts
),

amounts as (
    select
        *,
        case
            when computed like '%net of gross%' then gross_read - coalesce(tax_read, 0)
            when computed like '%net%'
                then
                    cast(round(cast(quantity_read as decimal(19, 6)) * price_read, 2) as decimal(18, 4))
                    - coalesce(discount_read, 0)
            else net_read
        end as line_net,
        case
            when plain_value(tax) is not null then tax_read
            when plain_value(gross) is not null and computed not like '%net of gross%' then gross_read - net_read
            else 0
        end as line_tax
    from numbers
),

documents as (
    select
        invoice_id,
        arg_min(plain_value(entity), place) as entity_id,
        arg_min(coalesce(plain_value(customer), plain_value(customer_name)), place) as customer_id,
        arg_min(plain_value("order"), place) as order_id,
        arg_min(plain_value(invoice_date), place) as invoice_date,
        arg_min(plain_value(due_date), place) as due_date,
        arg_min(plain_value(posted_on), place) as posted_on,
        arg_min(upper(plain_value(currency)), place) as currency,
        arg_min(lower(plain_value(status)), place) as status,
        arg_min(plain_value(original_invoice), place) as original_invoice_id,
        arg_min(plain_value(reason), place) as reason_code,
        arg_min(plain_value(created_by), place) as created_by,
        arg_min(plain_value(created_at), place) as created_at,
        arg_min(plain_value(approved_by), place) as approved_by,
        bool_or(is_credit) as is_credit,
        sum(line_net) as net,
        sum(line_tax) as tax,
        min(_row) filter (
            where
            line_net is null
            or line_tax is null
            or (quantity_read is null and coalesce(computed, '') not like '%quantity%')
            or (price_read is null and coalesce(computed, '') not like '%unit_price%')
        ) as unread,
        case when count(total_read) > 0 and count(distinct total_read) = 1 then max(total_read) end as stated,
        count(plain_value(tax)) + count(plain_value(gross)) > 0 as says_tax,
        arg_min(_source, place) as _source,
        arg_min(_row, place) as _row
    from amounts
    group by invoice_id
),

signed as (
    select
        *,
        case when is_credit and net > 0 then -1 else 1 end as sign,
        case when stated is not null and not says_tax then stated - net else tax end as whole_tax
    from documents
)

select
    invoice_id,
    invoice_id as invoice_number,
    case when is_credit or net < 0 then 'credit_memo' else 'invoice' end as kind,
    coalesce(entity_id, 'own') as entity_id,
    coalesce(customer_id, 'none/' || invoice_id) as customer_id,
    order_id,
    invoice_date,
    due_date,
    posted_on,
    coalesce(currency, 'XXX') as currency,
    coalesce(
        case when unread is not null then 'not known, because one of its lines cannot be read' end,
        cast(sign * net as varchar)
    )
        as net_amount,
    case when unread is null then cast(sign * whole_tax as varchar) else '0' end as tax_amount,
    case when unread is null then cast(sign * coalesce(stated, net + whole_tax) as varchar) else '0' end
        as gross_amount,
    case
        when regexp_matches(status, '(cancel|void|storn|作废|取消|無効)') then 'cancelled'
        when regexp_matches(status, '(draft|entwurf|草稿|下書)') then 'draft'
        else 'issued'
    end as status,
    original_invoice_id,
    reason_code,
    created_by,
    created_at,
    approved_by,
    _source,
    _row
from signed
order by _source, _row
