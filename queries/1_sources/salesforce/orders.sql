/*---
table: orders
what: >
  One order each, by its number; drafts and deleted ones are left out. An activated order is open; words of the
  organisation for shipped, completed and cancelled are read, and others kept as they are. Its legal entity is its own,
  else its account's.
rows_of: sales_order
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

contract_numbers as (
    select
        substr(plain_value(id), 1, 15) as contract_key,
        min(plain_value(contractnumber)) as contract_number
    from contract
    group by substr(plain_value(id), 1, 15)
),

placed as (
    select
        *,
        plain_value(id) as own_id,
        plain_value(accountid) as account_id,
        plain_value(contractid) as own_contract_id,
        plain_value(createdbyid) as creator_id,
        lower(plain_value(status)) as status_word
    from sales_order
    where
        not coalesce(read_bool(plain_value(isdeleted)), false)
        and coalesce(lower(plain_value(statuscode)), '') <> 'draft'
        and coalesce(lower(plain_value(status)), '') <> 'draft'
)

select
    coalesce(plain_value(placed.ordernumber), placed.own_id) as order_id,
    coalesce(plain_value(placed.entity), customer_keys.entity_id, 'main') as entity_id,
    coalesce(customer_keys.customer_id, placed.account_id) as customer_id,
    coalesce(contract_numbers.contract_number, placed.own_contract_id) as contract_id,
    placed.effectivedate as order_date,
    plain_value(placed.currency) as currency,
    case
        when placed.status_word in ('activated', 'active', 'open', 'in progress', 'processing') then 'open'
        when placed.status_word in ('shipped', 'partially shipped', 'delivered') then 'shipped'
        when placed.status_word in ('completed', 'complete', 'fulfilled', 'closed') then 'completed'
        when placed.status_word in ('cancelled', 'canceled') then 'cancelled'
        when lower(plain_value(placed.statuscode)) in ('cancelled', 'canceled') then 'cancelled'
        else plain_value(placed.status)
    end as status,
    plain_value(placed.reason) as reason_code,
    plain_value(placed.ponumber) as purchase_order,
    placed.creator_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(placed.creator_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(placed.creator_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as created_by,
    placed.createddate as created_at,
    placed._source,
    placed._row
from placed
left join customer_keys on substr(placed.account_id, 1, 15) = customer_keys.account_key
left join contract_numbers on substr(placed.own_contract_id, 1, 15) = contract_numbers.contract_key
order by placed._source, placed._row
