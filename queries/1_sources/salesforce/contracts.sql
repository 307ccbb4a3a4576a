/*---
table: contracts
what: >
  One contract each, by its number; drafts, those in approval and deleted ones are left out. The last day of a contract
  is inside it, so that it ends a day later. How often it is billed is the shortest billing period among its CPQ
  subscriptions (half-years as quarters), when, what they agree on. Its legal entity is its own, else its account's.
rows_of: contract
---*/
with
-- The oldest of the accounts that share a number has it; the others go by their id.
accounts as (
    select
        substr(plain_value(id), 1, 15) as account_key,
        plain_value(id) as id,
        plain_value(accountnumber) as number,
        first_value(substr(plain_value(id), 1, 15)) over (
            partition by plain_value(accountnumber)
            order by read_time(plain_value(createddate)) nulls last, substr(plain_value(id), 1, 15)
        ) as first_key,
        plain_value(entity) as entity_id
    from account
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

customer_keys as (
    select
        account_key,
        coalesce(
            min(case when first_key = account_key then number end),
            min(id || coalesce(
                array_to_string(
                    list_transform(
                        case when regexp_full_match(id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                        lambda place: substr(
                            'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                            1 + cast(
                                '0b' || reverse(
                                    regexp_replace(
                                        regexp_replace(substr(id, place, 5), '[^A-Z]', '0', 'g'),
                                        '[A-Z]',
                                        '1',
                                        'g'
                                    )
                                ) as integer
                            ),
                            1
                        )
                    ),
                    ''
                ),
                ''
            ))
        ) as customer_id,
        min(entity_id) as entity_id
    from accounts
    group by account_key
),

-- The shortest billing period among the lines of a contract; half-years are two quarters.
frequencies as (
    select
        substr(plain_value(sbqq__contract__c), 1, 15) as contract_key,
        min(
            case lower(plain_value(sbqq__billingfrequency__c))
                when 'monthly' then 1
                when 'quarterly' then 3
                when 'semiannual' then 3
                when 'annual' then 12
            end
        ) as months,
        case
            when count(distinct lower(plain_value(sbqq__billingtype__c))) = 1
                then min(lower(plain_value(sbqq__billingtype__c)))
        end as timing
    from subscription
    where not coalesce(read_bool(plain_value(isdeleted)), false)
    group by substr(plain_value(sbqq__contract__c), 1, 15)
),

signed as (
    select
        *,
        substr(plain_value(id), 1, 15) as contract_key,
        plain_value(id) as own_id,
        plain_value(accountid) as account_id,
        lower(plain_value(status)) as status_word,
        lower(plain_value(payment_terms_days)) as terms
    from contract
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and coalesce(lower(plain_value(statuscode)), lower(plain_value(status)), '') not in (
            'draft', 'inapproval', 'in approval', 'in approval process'
        )
)

select
    coalesce(plain_value(signed.contractnumber), signed.own_id) as contract_id,
    coalesce(plain_value(signed.entity), customer_keys.entity_id, 'main') as entity_id,
    coalesce(customer_keys.customer_id, signed.account_id) as customer_id,
    plain_value(signed.currency) as currency,
    signed.startdate as starts_on,
    coalesce(
        cast(cast(read_date(plain_value(signed.enddate)) + interval 1 day as date) as varchar),
        plain_value(signed.enddate)
    ) as ends_on,
    case
        when signed.status_word in ('activated', 'active', 'signed') then 'active'
        when signed.status_word in ('terminated', 'cancelled', 'canceled') then 'terminated'
        when signed.status_word in ('expired', 'ended') then 'expired'
        else plain_value(signed.status)
    end as status,
    plain_value(signed.terminated_on) as terminated_on,
    case
        when lower(plain_value(signed.billing_frequency)) in ('monthly', 'month') then 'month'
        when lower(plain_value(signed.billing_frequency)) in ('quarterly', 'quarter') then 'quarter'
        when lower(plain_value(signed.billing_frequency)) in ('annual', 'annually', 'yearly', 'year') then 'year'
        when plain_value(signed.billing_frequency) is not null then plain_value(signed.billing_frequency)
        when frequencies.months = 1 then 'month'
        when frequencies.months = 3 then 'quarter'
        when frequencies.months = 12 then 'year'
    end as billing_frequency,
    frequencies.timing as billing_timing,
    plain_value(signed.billing_day) as billing_day,
    lower(replace(plain_value(signed.proration), ' ', '_')) as proration,
    case
        when regexp_full_match(signed.terms, 'net[ -]?[0-9]+( days)?') then regexp_extract(signed.terms, '[0-9]+')
        when signed.terms in ('due on receipt', 'immediate', 'immediately') then '0'
        else plain_value(signed.payment_terms_days)
    end as payment_terms_days,
    plain_value(signed.minimum_commitment) as minimum_commitment,
    signed._source,
    signed._row
from signed
left join customer_keys on substr(signed.account_id, 1, 15) = customer_keys.account_key
left join frequencies on signed.contract_key = frequencies.contract_key
order by signed._source, signed._row
