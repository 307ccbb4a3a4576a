/*---
query: agreed_prices
what: >
  The price agreed for each of some lines of a document (lists side by side, a place a line) on the first day it is
  for, as ACC-03 looks it up: the contract line's
  where it is flat or per unit, else the price list's for the customer, the segment or everybody. A line that has none
  (tiered, package, without a price in force) has no row here. agreed_net is what the line should come to; it is null
  where the line is for part of a billing period, which is prorated.
---*/
with billed as (
    select
        unnest(cast($invoice_line_ids as varchar[])) as invoice_line_id,
        unnest(cast($product_ids as varchar[])) as product_id,
        unnest(cast($contract_line_ids as varchar[])) as contract_line_id,
        unnest(cast($quantities as decimal(18, 6)[])) as quantity,
        unnest(cast($ordered_quantities as decimal(18, 6)[])) as ordered_quantity,
        unnest(cast($discount_amounts as decimal(18, 4)[])) as discount_amount,
        unnest(cast($period_froms as date[])) as period_from,
        unnest(cast($period_tos as date[])) as period_to
),

contracted as (
    select
        charge.contract_line_id,
        charge.product_id,
        charge.charge_type,
        charge.pricing_model,
        charge.quantity,
        charge.unit_price,
        contract.currency,
        contract.billing_day,
        case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months_in_period
    from contract_lines as charge
    left join contracts as contract on charge.contract_id = contract.contract_id
    where charge.contract_line_id in (select unnest(cast($contract_line_ids as varchar[])))
),

charged as (
    select
        line.* exclude (ordered_quantity),
        coalesce(line.period_from, cast($invoice_date as date)) as priced_on,
        abs(coalesce(line.ordered_quantity, line.quantity)) as reached_quantity,
        charge.quantity as charge_quantity,
        case when charge.pricing_model in ('flat', 'per_unit') then charge.unit_price end as charge_price,
        coalesce(line.product_id, charge.product_id) as priced_product_id,
        case
            when
                line.period_from is null
                or line.period_to is null
                or coalesce(charge.charge_type, '') <> 'recurring'
                then 1
            when
                extract(day from line.period_from)
                = least(coalesce(charge.billing_day, 1), extract(day from last_day(line.period_from)))
                and whole_months(line.period_from, line.period_to) % charge.months_in_period = 0
                then whole_months(line.period_from, line.period_to) // charge.months_in_period
            else 0
        end as periods
    from billed as line
    left join contracted as charge on line.contract_line_id = charge.contract_line_id
    where
        coalesce(charge.pricing_model, 'flat') in ('flat', 'per_unit')
        and coalesce(charge.currency, $currency) = $currency
),

listed as (
    select
        line.invoice_line_id,
        price.price_id,
        price.unit_price,
        row_number() over (
            partition by line.invoice_line_id
            order by
                case when price.customer_id is not null then 1 when price.segment is not null then 2 else 3 end,
                price.price_id
        ) as turn
    from charged as line
    inner join prices_in_force as price
        on
            line.priced_product_id = price.product_id
            and price.currency = $currency
            and line.priced_on >= price.in_force_from
            and (price.in_force_to is null or line.priced_on < price.in_force_to)
            and line.reached_quantity >= price.from_quantity
            and (price.to_quantity is null or line.reached_quantity < price.to_quantity)
    where
        line.charge_price is null
        and coalesce(price.customer_id, $customer) = $customer
        and (price.customer_id is not null or coalesce(price.segment, $segment, '') = coalesce($segment, ''))
),

agreed as (
    select
        line.*,
        case when line.charge_price is not null then line.contract_line_id end as agreed_by_contract_line,
        listed.price_id as agreed_by_price,
        coalesce(line.charge_price, listed.unit_price) as price,
        case when abs(line.quantity) = line.periods * coalesce(line.charge_quantity, 1) then 1 else line.periods end
            as in_price
    from charged as line
    left join listed on line.invoice_line_id = listed.invoice_line_id and listed.turn = 1
)

select
    invoice_line_id,
    price as agreed_price,
    agreed_by_contract_line,
    agreed_by_price,
    priced_on,
    case
        when periods > 0
            then round_money(times_price(quantity, in_price * price) - coalesce(discount_amount, 0), $currency)
    end as agreed_net
from agreed
where price is not null
