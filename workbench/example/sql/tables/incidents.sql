select
    padded('N', contract_line * 100 + month_start // 30 * 3 + part.part, 11) as incident_id,
    contract_line_key(contract_line) as contract_line_id,
    at_second(day, second + case part.part when 1 then 300 when 2 then -90000 else 0 end) as started_at,
    at_second(day, second + case part.part when 1 then 30 * minutes when 2 then -86000 else 60 * minutes end) as ended_at,
    part.part = 2 as is_excused,
    case when is_claimed then on_day(day + 3) end as claimed_on
from outage
inner join (values (0), (1), (2)) as part (part) on part.part = 0 or is_nested
order by incident_id
