/*---
id: SET-04
title: Freight differs from the rate card
severity: medium
grain: settlement_line_id
subject: settlement_lines
examines: settlement_lines
needs:
  settlements: [settlement_id, entity_id, partner_id, period_from, period_to, currency, status]
  settlement_lines: [settlement_line_id, settlement_id, kind, amount]
  deliveries: [delivery_id, customer_id, kind, status]
  rate_cards: [rate_id, partner_id, weight_from, currency, valid_from]
uses:
  settlements: [paid_on]
  settlement_lines: [order_id, delivery_id]
  deliveries:
    [order_id, partner_id, freight_payer, shipped_on, delivered_on, service_level, origin_zone, destination_zone,
     weight_kg, volume_m3]
  rate_cards:
    [service_level, origin_zone, destination_zone, weight_to, price_per_kg, flat_price, minimum_charge, kg_per_m3,
     fuel_percent, valid_to]
suppressions:
  customer_freight: the customer pays the freight, so the card does not say what this line should be
why: >
  Carriers rate from measures and cards of their own; a few cents on each consignment are never seen by eye.
next_step: Send the carrier the line with the rate and the measures; claim the difference back.
---*/
with freight as (
    select
        line.settlement_line_id,
        line.settlement_id,
        line.order_id,
        line.delivery_id,
        line.amount,
        settlement.entity_id,
        settlement.partner_id,
        settlement.currency,
        coalesce(settlement.paid_on, settlement.period_to) as settled_on
    from settlement_lines as line
    inner join settlements as settlement on line.settlement_id = settlement.settlement_id
    where
        line.kind = 'freight'
        and settlement.status not in ('draft', 'cancelled')
        and least(settlement.paid_on, settlement.period_to - 1, settlement.period_from + 1) <= $as_of
),

rated as (
    select * from rated_freight
),

ordered as (
    select
        *,
        row_number() over (partition by partner_id, order_id order by amount, settlement_line_id) as turn,
        count(*) over (partition by partner_id, order_id) as peers
    from freight
    where delivery_id is null
),

named as (
    select distinct
        partner_id,
        delivery_id
    from freight
    where delivery_id is not null
),

-- What a line without a delivery may be for: what the partner carried for the order and no other line names.
possible as (
    select
        ordered.settlement_line_id,
        ordered.turn,
        ordered.peers,
        delivery.delivery_id,
        row_number() over (
            partition by ordered.settlement_line_id
            order by rated.amount, delivery.delivery_id
        ) as place,
        count(*) over (partition by ordered.settlement_line_id) as consignments
    from ordered
    inner join deliveries as delivery on ordered.order_id = delivery.order_id
    left join named on ordered.partner_id = named.partner_id and delivery.delivery_id = named.delivery_id
    left join rated
        on
            delivery.delivery_id = rated.delivery_id
            and ordered.partner_id = rated.partner_id
            and ordered.currency = rated.currency
    where
        coalesce(delivery.partner_id, ordered.partner_id) = ordered.partner_id
        and delivery.kind <> 'return'
        and delivery.status in ('shipped', 'delivered')
        and named.delivery_id is null
),

-- As many lines as consignments are one for each, the least amount for the cheapest; otherwise a line is for all.
carried as (
    select
        settlement_line_id,
        delivery_id
    from freight
    where delivery_id is not null
    union all
    select
        settlement_line_id,
        delivery_id
    from possible
    where peers <> consignments or turn = place
),

consigned as (
    select
        freight.settlement_line_id,
        delivery.delivery_id,
        delivery.customer_id,
        delivery.freight_payer,
        rated.delivery_id as rated_id,
        rated.chargeable_weight,
        rated.first_rate_id,
        rated.last_rate_id,
        rated.amount
    from freight
    inner join carried on freight.settlement_line_id = carried.settlement_line_id
    inner join deliveries as delivery on carried.delivery_id = delivery.delivery_id
    left join rated
        on
            delivery.delivery_id = rated.delivery_id
            and freight.partner_id = rated.partner_id
            and freight.currency = rated.currency
),

owed as (
    select
        settlement_line_id,
        case when count(amount) = count(delivery_id) then sum(amount) end as amount
    from consigned
    group by settlement_line_id
),

wrong as (
    select
        freight.*,
        owed.amount as owed_amount
    from freight
    left join owed on freight.settlement_line_id = owed.settlement_line_id
    where owed.amount is null or freight.amount <> owed.amount
),

-- Few lines are wrong, and only they need words.
rated_lines as (
    select
        settlement_line_id,
        min(customer_id) as customer_id,
        list(delivery_id) as delivery_ids,
        min(delivery_id) as delivery_id,
        count(delivery_id) as consignments,
        count(rated_id) as rated,
        count(case when freight_payer = 'customer' then delivery_id end) as paid_by_customer,
        min(chargeable_weight) as chargeable_weight,
        min(first_rate_id) as first_rate_id,
        max(last_rate_id) as last_rate_id,
        list(first_rate_id) as first_rate_ids,
        list(last_rate_id) as last_rate_ids,
        count(case when first_rate_id <> last_rate_id then rated_id end) as doubly_rated
    from consigned
    where settlement_line_id in (select wrong.settlement_line_id from wrong)
    group by settlement_line_id
)

select
    wrong.settlement_line_id as subject_id,
    wrong.entity_id,
    rated.customer_id,
    wrong.settled_on as event_date,
    wrong.currency,
    wrong.owed_amount as expected_amount,
    wrong.amount as billed_amount,
    amount_text(wrong.amount, wrong.currency) || ' ' || wrong.currency || ' charged'
    || case
        when rated.settlement_line_id is null then ', and no consignment is known that it could be for'
        else
            ' for ' || case
                when rated.consignments = 1 then rated.delivery_id
                else cast(rated.consignments as varchar) || ' consignments'
            end
            || case
                when rated.doubly_rated > 0
                    then ', and two rates are in force, ' || rated.first_rate_id || ' and ' || rated.last_rate_id
                when rated.rated < rated.consignments
                    then ', and no rate of ' || wrong.partner_id || ' in ' || wrong.currency || ' is in force'
                when wrong.owed_amount is null then ', and the consignment is too large to be rated'
                else
                    '; by rate ' || rated.first_rate_id || ' for ' || number_text(rated.chargeable_weight)
                    || ' kg chargeable it is ' || amount_text(wrong.owed_amount, wrong.currency)
            end
    end as reason,
    case when rated.paid_by_customer = rated.consignments then 'customer_freight' end as suppressed_by,
    wrong.settlement_line_id as evidence_settlement_lines,
    wrong.settlement_id as evidence_settlements,
    rated.delivery_ids as evidence_deliveries,
    list_concat(rated.first_rate_ids, rated.last_rate_ids) as evidence_rate_cards
from wrong
left join rated_lines as rated on wrong.settlement_line_id = rated.settlement_line_id
