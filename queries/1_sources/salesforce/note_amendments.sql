/*---
note: Subscriptions of less than nothing, by which CPQ amends a contract
---*/
with
-- A line of less than nothing that takes a terminated one off the contract says the first day without it.
revisions as (
    select
        _source,
        _row,
        substr(plain_value(sbqq__revisedsubscription__c), 1, 15) as revised_key,
        coalesce(plain_value(sbqq__subscriptionstartdate__c), plain_value(sbqq__startdate__c)) as starts_on
    from subscription
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and read_quantity(plain_value(sbqq__quantity__c)) < 0
        and substr(plain_value(sbqq__revisedsubscription__c), 1, 15) in (
            select substr(plain_value(ended.id), 1, 15)
            from subscription as ended
            where plain_value(ended.sbqq__terminateddate__c) is not null
        )
),

negative as (
    select
        plain_value(id) as id,
        plain_value(sbqq__quantity__c) as quantity,
        _source,
        _row
    from subscription
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and read_quantity(plain_value(sbqq__quantity__c)) < 0
)

select
    negative.id as subject,
    negative.quantity || case
        when revisions._row is null then ' beside the one that it amends'
        else ': the one that it takes off ends that day instead'
    end as note
from negative
left join revisions on negative._source = revisions._source and negative._row = revisions._row
order by negative.id
