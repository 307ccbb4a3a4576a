select
    padded('RC', rate_no, 5) as rate_id,
    padded('T', partner_no, 2) as partner_id,
    service_level,
    'hub' as origin_zone,
    zone as destination_zone,
    thousandths(weight_from) as weight_from,
    thousandths(weight_to) as weight_to,
    price_of(price_per_kg) as price_per_kg,
    price_of(flat_price) as flat_price,
    money(minimum_charge) as minimum_charge,
    whole(200) as kg_per_m3,
    cast(cast(fuel as decimal(5, 0)) * cast(0.1 as decimal(2, 1)) as decimal(18, 8)) as fuel_percent,
    currency,
    on_day(starts) as valid_from,
    on_day(ends) as valid_to
from freight_rate
order by rate_no
