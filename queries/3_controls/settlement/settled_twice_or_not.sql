/*---
id: SET-03
title: Settled twice, early or not at all
severity: high
grain: order_id/partner_id
subject: orders
examines: settlement_lines
standing: true
needs:
  settlements: [settlement_id, entity_id, partner_id, period_from, period_to, currency, status]
  settlement_lines: [settlement_line_id, settlement_id, kind, order_id, amount]
  deliveries: [delivery_id, entity_id, customer_id, order_id, kind, status, delivered_on, partner_id]
  partners: [partner_id, kind]
uses:
  settlements: [paid_on]
  settlement_lines: [delivery_id]
  deliveries:
    [freight_payer, shipped_on, service_level, origin_zone, destination_zone, weight_kg, volume_m3]
  partners: [currency]
  rate_cards:
    [rate_id, partner_id, weight_from, currency, valid_from, service_level, origin_zone, destination_zone, weight_to,
     price_per_kg, flat_price, minimum_charge, kg_per_m3, fuel_percent, valid_to]
  orders: [order_id, customer_id]
parameters:
  days: {default: 35, unit: days, why: a carrier settles a month's consignments early in the next one}
suppressions:
  in_grace: delivered no more than so many days before the as-of date
  customer_freight: the customer pays the freight, so the carrier settles it with him
why: >
  What is settled twice or before it was delivered is money given away; what is never settled is a bill yet to come.
next_step: Take a second or early settlement off the next one; ask the carrier for what was never settled.
---*/
with settled as (
    select
        line.settlement_line_id,
        line.settlement_id,
        line.kind,
        line.amount,
        line.delivery_id,
        delivery.delivery_id as known_delivery_id,
        coalesce(line.order_id, delivery.order_id) as order_id,
        case
            when delivery.status <> 'cancelled'
                then
                    coalesce(
                        delivery.delivered_on,
                        case when delivery.status = 'delivered' then date '0001-01-01' end,
                        $as_of + 1
                    )
        end as arrived_on,
        settlement.entity_id,
        settlement.partner_id,
        settlement.currency,
        coalesce(settlement.paid_on, settlement.period_to) as settled_on
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    left join deliveries as delivery on line.delivery_id = delivery.delivery_id
    where
        settlement.status not in ('draft', 'cancelled')
        and least(settlement.paid_on, settlement.period_to - 1, settlement.period_from + 1) <= $as_of
),

-- A line that names a consignment settles that one alone.
known_deliveries as (
    select distinct
        known_delivery_id as delivery_id,
        partner_id
    from settled
),

known_orders as (
    select distinct
        order_id,
        partner_id
    from settled
    where known_delivery_id is null
),

-- A line that names no delivery is early when nothing of its order had arrived.
arrivals as (
    select
        delivery.order_id,
        min(
            coalesce(
                delivery.delivered_on,
                case when delivery.status = 'delivered' then date '0001-01-01' end,
                $as_of + 1
            )
        ) as arrived_on
    from deliveries as delivery
    where delivery.kind = 'sale' and delivery.status <> 'cancelled'
    group by delivery.order_id
),

-- An order is settled by its sale and its freight; fees, refunds, reserves, tax and surcharges follow when they follow.
charged as (
    select
        settled.*,
        coalesce(
            settled.settled_on
            < case when settled.delivery_id is null then arrival.arrived_on else settled.arrived_on end,
            false
        ) as is_early,
        count(case when settled.delivery_id is null then settled.settlement_line_id end) over (
            partition by settled.order_id, settled.partner_id, settled.kind
        ) as without_delivery
    from settled
    left join arrivals as arrival on settled.order_id = arrival.order_id
    where settled.kind in ('sale', 'freight')
),

-- Consignments of one order may come in different settlements, each in one.
portions as (
    select
        order_id,
        partner_id,
        kind,
        portion,
        settlement_id,
        min(entity_id) as entity_id,
        min(currency) as currency,
        min(settled_on) as settled_on,
        max(early) as early,
        sum(amount) as amount
    from (
        select
            *,
            case when is_early then 1 else 0 end as early,
            case when without_delivery = 0 then delivery_id end as portion
        from charged
    ) as line
    group by order_id, partner_id, kind, portion, settlement_id
),

counted as (
    select
        *,
        row_number() over (
            partition by order_id, partner_id, kind, portion
            order by early, settled_on, settlement_id
        ) as turn
    from portions
),

wrongly_settled as (
    select
        order_id,
        partner_id,
        min(entity_id) as entity_id,
        max(case when turn > 1 or early = 1 then settled_on end) as event_date,
        case when min(currency) = max(currency) then min(currency) end as currency,
        sum(case when turn = 1 and early = 0 then amount else 0 end) as due,
        sum(amount) as amount,
        max(turn) as settlements,
        max(early) as early
    from counted
    group by order_id, partner_id
    having max(turn) > 1 or max(early) = 1
),

proof as (
    select
        wrong.order_id,
        wrong.partner_id,
        string_agg(distinct charged.settlement_id, ', ' order by charged.settlement_id) as settlements,
        list(charged.settlement_line_id) as settlement_line_ids,
        list(charged.settlement_id) as settlement_ids,
        list(charged.delivery_id) as delivery_ids
    from charged
    inner join wrongly_settled as wrong
        on charged.order_id = wrong.order_id and charged.partner_id = wrong.partner_id
    group by wrong.order_id, wrong.partner_id
),

customers_of as (
    select
        wrong.order_id,
        min(ordered.customer_id) as customer_id
    from wrongly_settled as wrong
    inner join orders as ordered on wrong.order_id = ordered.order_id
    group by wrong.order_id
),

carriers as (
    select
        partner_id,
        min(currency) as currency
    from partners
    where kind = 'carrier'
    group by partner_id
),

unsettled as (
    select
        delivery.delivery_id,
        delivery.entity_id,
        delivery.customer_id,
        delivery.order_id,
        delivery.partner_id,
        delivery.delivered_on,
        carrier.currency,
        coalesce(delivery.freight_payer = 'customer', false) as is_customer_freight
    from deliveries as delivery
    inner join carriers as carrier on delivery.partner_id = carrier.partner_id
    left join known_orders as whole
        on delivery.order_id = whole.order_id and delivery.partner_id = whole.partner_id
    left join known_deliveries as own
        on delivery.delivery_id = own.delivery_id and delivery.partner_id = own.partner_id
    where
        delivery.kind = 'sale'
        and delivery.status = 'delivered'
        and delivery.delivered_on <= $as_of
        and delivery.order_id is not null
        and whole.order_id is null
        and own.delivery_id is null
),

-- A consignment that the customer pays for is owed nothing, and does not make the others older.
owed as (
    select
        unsettled.order_id,
        unsettled.partner_id,
        min(unsettled.entity_id) as entity_id,
        min(unsettled.customer_id) as customer_id,
        min(unsettled.delivered_on) as delivered_on,
        min(case when not unsettled.is_customer_freight then unsettled.delivered_on end) as owed_since,
        case when min(rated.currency) = max(rated.currency) then min(rated.currency) end as currency,
        case
            when
                count(case when not unsettled.is_customer_freight then unsettled.delivery_id end)
                = count(case when not unsettled.is_customer_freight then rated.amount end)
                and min(rated.currency) = max(rated.currency)
                then sum(case when unsettled.is_customer_freight then 0 else rated.amount end)
        end as due,
        list(unsettled.delivery_id) as delivery_ids,
        list(rated.first_rate_id) as rate_ids
    from unsettled
    left join rated_freight as rated
        on
            unsettled.delivery_id = rated.delivery_id
            and unsettled.partner_id = rated.partner_id
            and coalesce(unsettled.currency, rated.currency) = rated.currency
    group by unsettled.order_id, unsettled.partner_id
)

select
    wrong.order_id || '/' || wrong.partner_id as subject_id,
    wrong.entity_id,
    customers_of.customer_id,
    wrong.event_date,
    wrong.currency,
    case when wrong.currency is not null then wrong.due end as expected_amount,
    case when wrong.currency is not null then wrong.amount end as billed_amount,
    'order ' || wrong.order_id || ' was settled with ' || wrong.partner_id
    || case when wrong.settlements > 1 then ' ' || cast(wrong.settlements as varchar) || ' times' else '' end
    || case when wrong.early = 1 then ' before it was delivered' else '' end
    || coalesce(
        ': ' || amount_text(wrong.amount, wrong.currency) || ' ' || wrong.currency || ' for '
        || amount_text(wrong.due, wrong.currency) || ' due',
        ''
    )
    || ' (' || proof.settlements || ')' as reason,
    cast(null as varchar) as suppressed_by,
    wrong.order_id as evidence_orders,
    proof.settlement_line_ids as evidence_settlement_lines,
    proof.settlement_ids as evidence_settlements,
    proof.delivery_ids as evidence_deliveries,
    cast(null as varchar[]) as evidence_rate_cards
from wrongly_settled as wrong
inner join proof on wrong.order_id = proof.order_id and wrong.partner_id = proof.partner_id
left join customers_of on wrong.order_id = customers_of.order_id
union all
select
    owed.order_id || '/' || owed.partner_id as subject_id,
    owed.entity_id,
    owed.customer_id,
    coalesce(owed.owed_since, owed.delivered_on) as event_date,
    owed.currency,
    owed.due as expected_amount,
    cast(0 as decimal(38, 4)) as billed_amount,
    'order ' || owed.order_id || ' was delivered by ' || owed.partner_id || ' on '
    || cast(coalesce(owed.owed_since, owed.delivered_on) as varchar) || ', '
    || cast(days_between(coalesce(owed.owed_since, owed.delivered_on), $as_of) as varchar)
    || ' days ago, and is in none of its settlements'
    || coalesce('; ' || amount_text(owed.due, owed.currency) || ' ' || owed.currency || ' by the rate card', '')
        as reason,
    case
        when owed.owed_since is null then 'customer_freight'
        when days_between(owed.owed_since, $as_of) <= $days then 'in_grace'
    end as suppressed_by,
    owed.order_id as evidence_orders,
    cast(null as varchar[]) as evidence_settlement_lines,
    cast(null as varchar[]) as evidence_settlements,
    owed.delivery_ids as evidence_deliveries,
    owed.rate_ids as evidence_rate_cards
from owed
-- An order that is settled twice or early and lacks a consignment too is one finding.
left join wrongly_settled as wrong on owed.order_id = wrong.order_id and owed.partner_id = wrong.partner_id
where wrong.order_id is null
