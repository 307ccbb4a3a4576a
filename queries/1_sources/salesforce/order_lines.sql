/*---
table: order_lines
what: >
  One order product each, by its 18-character id; deleted ones and those of orders that were left out are left out.
  Lines are numbered within their order by the number of the order product. The product is the line's own, else that of
  its price book entry. A quote line with a discount is its price approval.
rows_of: order_item
---*/
with
-- The oldest of the products that share a code has it; the others go by their id.
coded as (
    select
        substr(plain_value(id), 1, 15) as product_key,
        plain_value(id) as id,
        plain_value(productcode) as code,
        first_value(substr(plain_value(id), 1, 15)) over (
            partition by plain_value(productcode)
            order by read_time(plain_value(createddate)) nulls last, substr(plain_value(id), 1, 15)
        ) as first_key,
        plain_value(sbqq__subscriptionterm__c) as term
    from product
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

product_keys as (
    select
        product_key,
        coalesce(
            min(case when first_key = product_key then code end),
            min(id || coalesce(
                array_to_string(
                    list_transform(
                        case when regexp_full_match(id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                        lambda place: substr(
                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                            1 + cast(
                                '0b' || reverse(
                                    regexp_replace(
                                        regexp_replace(substr(id, place, 5), '[^A-Z]', '0', 'g'),
                                        '[A-Z]',
                                        '1',
                                        'g'
                                    )
                                ) as integer
                            ),
                            1
                        )
                    ),
                    ''
                ),
                ''
            ))
        ) as product_id,
        min(term) as term
    from coded
    group by product_key
),

-- Quote lines below their list price (a net price of CPQ is for the term that its multiplier says), and those whose
-- price cannot be read.
discounted as (
    select
        substr(plain_value(id), 1, 15) as line_key,
        plain_value(id) as own_line_id,
        _source,
        _row
    from quote_line
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and (
            try_cast(plain_value(discount) as decimal(18, 6)) <> 0
            or try_cast(plain_value(discount_amount) as decimal(18, 6)) <> 0
            or try_cast(plain_value(net_price) as decimal(30, 8))
            < try_cast(plain_value(list_price) as decimal(20, 8))
            * coalesce(try_cast(plain_value(multiplier) as decimal(12, 6)), 1)
            or (plain_value(net_price) is not null and read_price(plain_value(net_price)) is null)
        )
),

approvals as (
    select
        line_key,
        min(own_line_id) as line_id
    from discounted
    group by line_key
),

order_numbers as (
    select
        substr(plain_value(id), 1, 15) as order_key,
        min(plain_value(ordernumber)) as order_number,
        min(
            case
                when
                    coalesce(read_bool(plain_value(isdeleted)), false)
                    or lower(plain_value(statuscode)) = 'draft'
                    or lower(plain_value(status)) = 'draft'
                    then 1
                else 0
            end
        ) as is_left_out
    from sales_order
    group by substr(plain_value(id), 1, 15)
),

entries as (
    select
        substr(plain_value(id), 1, 15) as entry_key,
        min(plain_value(product2id)) as product_id
    from pricebook_entry
    group by substr(plain_value(id), 1, 15)
),

lines as (
    select
        order_item.*,
        plain_value(order_item.id) as own_id,
        plain_value(order_item.orderid) as own_order_id,
        coalesce(plain_value(order_item.product2id), entries.product_id) as own_product_id,
        coalesce(plain_value(order_item.sbqq__quoteline__c), plain_value(order_item.quotelineitemid)) as quote_line_id,
        row_number() over (
            partition by substr(plain_value(order_item.orderid), 1, 15)
            order by
                plain_value(order_item.orderitemnumber) asc nulls last,
                order_item._source asc,
                order_item._row asc
        ) as line_number
    from order_item
    left join entries on substr(plain_value(order_item.pricebookentryid), 1, 15) = entries.entry_key
    where not coalesce(read_bool(plain_value(order_item.isdeleted)), false)
)

select
    lines.own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(lines.own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(lines.own_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as order_line_id,
    coalesce(order_numbers.order_number, lines.own_order_id) as order_id,
    lines.line_number,
    coalesce(product_keys.product_id, lines.own_product_id) as product_id,
    lines.quantity,
    lines.unitprice as unit_price,
    approvals.line_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(approvals.line_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(approvals.line_id, place, 5), '[^A-Z]', '0', 'g'),
                                '[A-Z]',
                                '1',
                                'g'
                            )
                        ) as integer
                    ),
                    1
                )
            ),
            ''
        ),
        ''
    ) as price_approval_id,
    lines._source,
    lines._row
from lines
left join order_numbers on substr(lines.own_order_id, 1, 15) = order_numbers.order_key
left join product_keys on substr(lines.own_product_id, 1, 15) = product_keys.product_key
left join approvals on substr(lines.quote_line_id, 1, 15) = approvals.line_key
where coalesce(order_numbers.is_left_out, 0) = 0
order by lines._source, lines._row
