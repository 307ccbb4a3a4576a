select
    padded('M', usage_no, 11) as usage_id,
    contract_line_key(contract_line) as contract_line_id,
    on_day(used_from) as used_from,
    on_day(used_to) as used_to,
    whole(quantity) as quantity,
    is_billable,
    case when is_billable then 'U-SYSTEM' end as approved_by
from metered
order by usage_no
