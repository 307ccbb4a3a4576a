select
    contract_key(contract.contract_no) as contract_id,
    step.from_minutes,
    step.to_minutes,
    cast(step.percent as decimal(18, 8)) as credit_percent
from contract
cross join (values (30, 240, 10), (240, 480, 15), (480, 960, 20), (960, null, 25)) as step (from_minutes, to_minutes, percent)
where contract.has_sla
order by contract.contract_no, step.from_minutes
