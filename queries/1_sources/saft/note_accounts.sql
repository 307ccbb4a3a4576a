/*---
note: What the accounts of the ledger were taken for
---*/
select
    entity_id || ' ' || account_kind as subject,
    string_agg(distinct account, ', ' order by account) as note
from loaded_gl_lines
group by entity_id, account_kind
order by subject
