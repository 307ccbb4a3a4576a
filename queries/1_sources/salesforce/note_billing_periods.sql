/*---
note: Contracts whose subscriptions are billed in several ways; the shortest period was taken
---*/
select
    substr(plain_value(sbqq__contract__c), 1, 15) as subject,
    string_agg(
        distinct concat_ws(' ', plain_value(sbqq__billingfrequency__c), plain_value(sbqq__billingtype__c)), ', '
    ) as note
from subscription
where not coalesce(read_bool(plain_value(isdeleted)), false)
group by substr(plain_value(sbqq__contract__c), 1, 15)
having
    count(distinct plain_value(sbqq__billingfrequency__c)) > 1 or count(distinct plain_value(sbqq__billingtype__c)) > 1
order by subject
