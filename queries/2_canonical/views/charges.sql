/*---
view: charges
what: >
  Every contract line with the terms of its contract, what is not stated filled with its default. triggered_on is the
  day billing may begin (null while what it waits for has not happened), stops_on the first day without service (null
  where it goes on), says_proration whether its contract has a proration that is known, period_price the price of one
  billing period of a recurring charge.
kept: when named
needs:
  contracts: [contract_id, entity_id, customer_id, currency]
  contract_lines: [contract_line_id, contract_id, product_id, charge_type, pricing_model, unit_price, starts_on]
uses:
  contracts:
    [starts_on, ends_on, status, terminated_on, billing_frequency, billing_timing, billing_day, proration,
     minimum_commitment]
  contract_lines:
    [service_id, quantity, package_size, included_quantity, ends_on, billing_trigger, installed_on, accepted_on]
  price_tiers: [contract_line_id, from_quantity, to_quantity, unit_price, flat_fee]
---*/
select
    charge.contract_line_id,
    charge.contract_id,
    charge.product_id,
    charge.service_id,
    charge.charge_type,
    charge.pricing_model,
    charge.quantity,
    charge.unit_price,
    coalesce(charge.included_quantity, 0) as included_quantity,
    contract.entity_id,
    contract.customer_id,
    contract.currency,
    case
        when contract.proration in ('thirty', 'thirty_360', 'period', 'none') then contract.proration
        else 'actual'
    end as proration,
    coalesce(contract.proration in ('actual', 'thirty', 'thirty_360', 'period', 'none'), false) as says_proration,
    coalesce(contract.billing_timing, 'advance') as billing_timing,
    greatest(1, coalesce(contract.billing_day, 1)) as billing_day,
    case contract.billing_frequency when 'year' then 12 when 'quarter' then 3 else 1 end as months_in_period,
    contract.minimum_commitment,
    charge.starts_on,
    coalesce(charge.billing_trigger, 'start') as billing_trigger,
    case charge.billing_trigger
        when 'installed' then charge.installed_on
        when 'accepted' then charge.accepted_on
        else charge.starts_on
    end as triggered_on,
    charge.ends_on,
    contract.terminated_on,
    case
        when contract.status = 'expired' or (contract.status = 'terminated' and contract.terminated_on is null)
            then contract.ends_on
    end as expired_on,
    least(charge.ends_on, contract.ends_on, contract.terminated_on) as stops_on,
    case
        when charge.charge_type = 'recurring'
            then price_by_step(
                coalesce(charge.quantity, 1), step.base_quantity, step.base_amount, step.unit_price, step.package_size
            )
    end as period_price
from contract_lines as charge
inner join contracts as contract on charge.contract_id = contract.contract_id
left join price_steps as step
    on
        charge.contract_line_id = step.contract_line_id
        and greatest(0, coalesce(charge.quantity, 1)) >= step.from_quantity
        and (step.to_quantity is null or greatest(0, coalesce(charge.quantity, 1)) < step.to_quantity)
