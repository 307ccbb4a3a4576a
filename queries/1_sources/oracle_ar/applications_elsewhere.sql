/*---
note: Rows of applications that are no application to a document, and how often
---*/
select
    coalesce(plain_value(application_type), 'no type') || ' ' || coalesce(plain_value(status), 'no status')
    || case when plain_value(confirmed_flag) = 'N' then ', not confirmed' else '' end as subject,
    cast(count(*) as varchar) || case
        when plain_value(status) = 'ACTIVITY' and coalesce(plain_value(confirmed_flag), 'Y') <> 'N'
            then ' set against activity/ and its payment schedule'
        else ' left out; they say where the rest of a receipt is'
    end as note
from ar_receivable_applications_all
where plain_value(status) is distinct from 'APP' or plain_value(confirmed_flag) = 'N'
group by
    coalesce(plain_value(application_type), 'no type') || ' ' || coalesce(plain_value(status), 'no status')
    || case when plain_value(confirmed_flag) = 'N' then ', not confirmed' else '' end,
    case
        when plain_value(status) = 'ACTIVITY' and coalesce(plain_value(confirmed_flag), 'Y') <> 'N'
            then ' set against activity/ and its payment schedule'
        else ' left out; they say where the rest of a receipt is'
    end
order by subject
