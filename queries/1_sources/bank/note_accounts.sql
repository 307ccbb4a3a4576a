/*---
note: Accounts that bank_rules.yml gives to no entity; the holder or the account itself stands for it
---*/
select
    movement.account as subject,
    coalesce(min(movement.holder), movement.account) || ', ' || cast(count(*) as varchar) || ' entries' as note
from movements as movement
left join bank_rules as rule
    on
        rule.kind = 'accounts'
        and upper(replace(movement.account, ' ', '')) = rule.account
where rule.account is null
group by movement.account
order by movement.account
