/*---
query: contract_charges
what: Contract lines by their contract_line_id.
---*/
select *
from contract_lines
where contract_line_id in (select unnest(cast($ids as varchar[])))
order by starts_on, contract_line_id
