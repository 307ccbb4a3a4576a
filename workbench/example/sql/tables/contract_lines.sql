select
    contract_line_key(contract_line) as contract_line_id,
    contract_key(contract_no) as contract_id,
    product_key(product_no) as product_id,
    padded('S', contract_line, 8) as service_id,
    case when is_usage then 'usage' else 'recurring' end as charge_type,
    pricing_model,
    case when not is_usage then whole(quantity) end as quantity,
    case when pricing_model not in ('graduated', 'volume') then price_of(unit_price) end as unit_price,
    case when pricing_model = 'package' then whole(1000) end as package_size,
    case when included > 0 then whole(included) end as included_quantity,
    on_day(starts) as starts_on,
    on_day(ends) as ends_on,
    billing_trigger,
    on_day(starts - 20) as ordered_on,
    on_day(active_from) as promised_on,
    case when billing_trigger = 'start' then null when billing_trigger = 'installed' then on_day(active_from) else on_day(active_from - 2) end
        as installed_on,
    case when billing_trigger = 'accepted' then on_day(active_from) end as accepted_on
from charge
order by contract_line
