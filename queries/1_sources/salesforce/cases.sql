/*---
table: cases
what: >
  One case each, by its number; deleted ones are left out. Usual words for a status are read as open, pending, resolved
  or closed, others as closed where the case is closed, and kept as they are where it is not. The invoice is what the
  organisation's field for it holds, its number as a rule. The category is the field for it, else the type, else the
  reason; the tier that of the case, else of its account.
rows_of: support_case
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

tiers as (
    select
        substr(plain_value(id), 1, 15) as account_key,
        min(plain_value(tier)) as tier
    from account
    where not coalesce(read_bool(plain_value(isdeleted)), false)
    group by substr(plain_value(id), 1, 15)
),

queries as (
    select
        *,
        plain_value(id) as own_id,
        plain_value(accountid) as account_id,
        plain_value(ownerid) as owner_id,
        lower(plain_value(status)) as status_word
    from support_case
    where not coalesce(read_bool(plain_value(isdeleted)), false)
)

select
    coalesce(plain_value(queries.casenumber), queries.own_id) as case_id,
    coalesce(plain_value(queries.entity), customer_keys.entity_id) as entity_id,
    coalesce(customer_keys.customer_id, queries.account_id) as customer_id,
    plain_value(queries.invoice) as invoice_id,
    coalesce(
        plain_value(queries.category), plain_value(queries.type), plain_value(queries.reason), 'none'
    ) as category,
    coalesce(lower(plain_value(queries.priority)), 'none') as priority,
    coalesce(plain_value(queries.tier), tiers.tier) as tier,
    queries.createddate as opened_at,
    plain_value(queries.first_response_at) as first_response_at,
    plain_value(queries.closeddate) as resolved_at,
    plain_value(queries.paused_minutes) as paused_minutes,
    case
        when queries.status_word in ('new', 'open', 'working', 'in progress', 'assigned', 'escalated', 'reopened')
            then 'open'
        when
            queries.status_word in (
                'pending', 'on hold', 'waiting', 'waiting on customer', 'waiting for customer', 'awaiting customer'
            )
            then 'pending'
        when queries.status_word in ('resolved', 'solved') then 'resolved'
        when queries.status_word = 'closed' or read_bool(plain_value(queries.isclosed)) then 'closed'
        else plain_value(queries.status)
    end as status,
    queries.owner_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(queries.owner_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(queries.owner_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as owner,
    plain_value(queries.disputed_amount) as disputed_amount,
    plain_value(queries.currency) as currency,
    plain_value(queries.root_cause) as root_cause,
    queries._source,
    queries._row
from queries
left join customer_keys on substr(queries.account_id, 1, 15) = customer_keys.account_key
left join tiers on substr(queries.account_id, 1, 15) = tiers.account_key
order by queries._source, queries._row
