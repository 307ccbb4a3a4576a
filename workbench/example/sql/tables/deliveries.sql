select
    delivery_key(consignment.delivery) as delivery_id,
    entity.entity_id,
    customer_key(consignment.customer_no) as customer_id,
    order_key(consignment.order_no) as order_id,
    consignment.kind,
    case
        when consignment.delivered is not null then 'delivered'
        when consignment.shipped is not null then 'shipped'
        else 'planned'
    end as status,
    on_day(consignment.shipped) as shipped_on,
    on_day(consignment.delivered) as delivered_on,
    padded('T', carried.partner_no, 2) as partner_id,
    case when carried.delivery is null and mix(consignment.delivery, 918) % 4 = 0 then 'customer' else 'own' end as freight_payer,
    coalesce(carried.service_level, 'standard') as service_level,
    'hub' as origin_zone,
    coalesce(carried.zone, 'north') as destination_zone,
    thousandths(coalesce(carried.grams, 1000 + mix(consignment.delivery, 914) % 180000)) as weight_kg,
    thousandths(coalesce(carried.litres, 5 + mix(consignment.delivery, 915) % 900)) as volume_m3
from consignment
inner join entity on consignment.entity_no = entity.entity_no
left join carried on consignment.delivery = carried.delivery
order by consignment.delivery
