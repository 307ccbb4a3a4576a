-- Carriers, what they carried and what they were paid: settled by the month of delivery, paid on the third of the next.
create table partner as
select
    entity.entity_no * 3 + listed.number as partner_no,
    entity.entity_no,
    entity.currency,
    entity.unit,
    listed.kind,
    listed.name || ' ' || entity.country as name
from entity
cross join (
    values (0, 'carrier', 'Swift Freight'), (1, 'carrier', 'Harbour Haulage'), (2, 'seller', 'Bazaar Market')
) as listed (number, kind, name);

create table freight_rate as
select
    row_number() over (order by partner.partner_no, service.service_level, zone.zone, band.weight_from, era.starts) as rate_no,
    partner.partner_no,
    partner.currency,
    partner.unit,
    service.service_level,
    zone.zone,
    band.weight_from,
    band.weight_to,
    era.starts,
    era.ends,
    partner.unit * (20 + 15 * zone.step + 20 * service.step + 3 * era.step - band.discount) as price_per_kg,
    partner.unit * 300 * (1 + service.step) as flat_price,
    partner.unit * (900 + 150 * zone.step) as minimum_charge,
    80 + 10 * era.step as fuel
from partner
cross join (values ('standard', 0), ('express', 1)) as service (service_level, step)
cross join (values ('north', 0), ('south', 1), ('island', 2)) as zone (zone, step)
cross join (values (0, 50000, 0), (50000, null, 4)) as band (weight_from, weight_to, discount)
cross join (values (-365, 366, 0), (366, null, 1)) as era (starts, ends, step)
where partner.kind = 'carrier';

create table carried as
with measured as (
    select
        consignment.*,
        consignment.entity_no * 3 + mix(delivery, 911) % 2 as partner_no,
        case when mix(delivery, 912) % 5 = 0 then 'express' else 'standard' end as service_level,
        ['north', 'south', 'island'][1 + mix(delivery, 913) % 3] as zone,
        1000 + mix(delivery, 914) % 180000 as grams,
        5 + mix(delivery, 915) % 900 as litres
    from consignment
    where kind = 'sale' and part = 0 and flow in ('single', 'split', 'by_order', 'prepaid') and mix(delivery, 916) % 2 = 0
)

select
    measured.*,
    calendar.month_no,
    to_unit(
        greatest(
            1000 * rate.minimum_charge, 1000 * rate.flat_price + greatest(measured.grams, 200 * measured.litres) * rate.price_per_kg
        ) * (1000 + rate.fuel),
        1000000,
        rate.unit
    ) as amount
from measured
inner join freight_rate as rate
    on
        measured.partner_no = rate.partner_no
        and measured.service_level = rate.service_level
        and measured.zone = rate.zone
        and measured.shipped >= rate.starts
        and (rate.ends is null or measured.shipped < rate.ends)
        and greatest(measured.grams, 200 * measured.litres) >= rate.weight_from
        and (rate.weight_to is null or greatest(measured.grams, 200 * measured.litres) < rate.weight_to)
left join calendar on measured.delivered = calendar.day
where measured.shipped is not null;

-- Freight of carriers; sales through a marketplace, which keeps a tenth.
create table settled as
select
    partner_no * 100 + month_no as settlement,
    partner_no,
    entity_no,
    month_no,
    'freight' as kind,
    order_no,
    delivery,
    amount
from carried
where month_no <= 22
union all
select
    (consignment.entity_no * 3 + 2) * 100 + calendar.month_no,
    consignment.entity_no * 3 + 2,
    consignment.entity_no,
    calendar.month_no,
    share.kind,
    consignment.order_no,
    consignment.delivery,
    case share.kind when 'sale' then bill.net else to_unit(bill.net, 10, bill.unit) end
from consignment
inner join bill on bill.doc = consignment.order_no * 8
inner join calendar on consignment.delivered = calendar.day
cross join (values ('sale'), ('fee')) as share (kind)
where
    consignment.flow = 'single' and consignment.kind = 'sale' and mix(consignment.delivery, 917) % 60 = 0
    and calendar.month_no <= 22;

create table settlement_head as
select
    settled.settlement,
    settled.partner_no,
    settled.entity_no,
    opening.day as period_from,
    opening.day + opening.days_in_month as period_to,
    cast(sum(case when settled.kind = 'fee' then 0 else settled.amount end) as bigint) as gross,
    cast(sum(case when settled.kind = 'fee' then settled.amount else 0 end) as bigint) as fees
from settled
inner join calendar as opening on settled.month_no = opening.month_no and opening.day_of_month = 1
group by settled.settlement, settled.partner_no, settled.entity_no, opening.day, opening.days_in_month;
