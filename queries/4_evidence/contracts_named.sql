/*---
query: contracts_named
what: Contracts by their contract_id.
---*/
select *
from contracts
where contract_id in (select unnest(cast($ids as varchar[])))
order by starts_on, contract_id
