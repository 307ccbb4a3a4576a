select
    contract_line_key(contract_line) as contract_line_id,
    on_day(paused_from) as paused_from,
    on_day(paused_to) as paused_to,
    'customer request' as reason
from pause
order by contract_line
