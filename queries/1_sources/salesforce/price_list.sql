/*---
table: price_list
what: >
  One active price book entry each, by its 18-character id; inactive and deleted ones are left out. The standard price
  book, or the only one where they are not told apart, holds for everybody, any other for the segment of its name. An
  entry does not say since when its price is in force, so that it counts from the day it was last changed.
rows_of: pricebook_entry
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

books as (
    select
        substr(plain_value(id), 1, 15) as book_key,
        min(plain_value(name)) as name,
        max(case when read_bool(plain_value(isstandard)) then 1 else 0 end) as is_standard
    from pricebook
    group by substr(plain_value(id), 1, 15)
),

known as (
    select count(distinct substr(plain_value(pricebook2id), 1, 15)) as books
    from pricebook_entry
),

entries as (
    select
        *,
        plain_value(id) as own_id,
        plain_value(product2id) as own_product_id,
        plain_value(pricebook2id) as book_id,
        coalesce(plain_value(lastmodifieddate), plain_value(createddate)) as changed_at
    from pricebook_entry
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and coalesce(read_bool(plain_value(isactive)), true)
)

select
    entries.own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(entries.own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(entries.own_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as price_id,
    coalesce(product_keys.product_id, entries.own_product_id) as product_id,
    case
        when books.is_standard = 1 or (books.book_key is null and known.books = 1) then null
        else coalesce(books.name, entries.book_id)
    end as segment,
    plain_value(entries.currency) as currency,
    entries.unitprice as unit_price,
    plain_value(entries.floor_price) as floor_price,
    coalesce(cast(cast(read_time(entries.changed_at) as date) as varchar), entries.changed_at) as valid_from,
    entries._source,
    entries._row
from entries
left join product_keys on substr(entries.own_product_id, 1, 15) = product_keys.product_key
left join books on substr(entries.book_id, 1, 15) = books.book_key
cross join known
order by entries._source, entries._row
