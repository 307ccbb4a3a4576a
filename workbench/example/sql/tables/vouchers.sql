select
    voucher_key(year.number) as voucher_id,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as product_id,
    'percent' as kind,
    cast(10 as decimal(18, 8)) as value,
    cast(null as varchar) as currency,
    cast(null as bigint) as max_redemptions,
    cast(null as decimal(18, 4)) as max_amount,
    false as is_stackable,
    make_date(2023 + year.number, 1, 1) as valid_from,
    make_date(2024 + year.number, 2, 1) as valid_to,
    'U-SG-M1' as approved_by,
    make_date(2022 + year.number, 12, 15) as approved_on
from (values (1), (2)) as year (number)
order by voucher_id
