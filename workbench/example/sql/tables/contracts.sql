select
    contract_key(contract_no) as contract_id,
    entity_id,
    customer_key(customer_no) as customer_id,
    contract.currency,
    on_day(starts) as starts_on,
    on_day(ends) as ends_on,
    case
        when terminated is not null then 'terminated'
        when ends <= getvariable('last_day') then 'expired'
        else 'active'
    end as status,
    on_day(terminated) as terminated_on,
    case months when 1 then 'month' when 3 then 'quarter' else 'year' end as billing_frequency,
    timing as billing_timing,
    billing_day,
    proration,
    own_terms as payment_terms_days,
    case when has_discount then cast(2 as decimal(18, 8)) end as discount_percent,
    case when has_discount then 10 end as discount_days,
    money(minimum) as minimum_commitment,
    needs_claim as sla_claim_required
from contract
inner join entity on contract.entity_no = entity.entity_no
order by contract_no
