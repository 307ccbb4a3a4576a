/*---
table: promises
what: >
  One record each of the organisation's object for promises to pay, by its 18-character id; deleted ones are left out.
  What does not say when it was promised was so when the record was made.
rows_of: payment_promise
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

promised as (
    select
        *,
        plain_value(id) as own_id,
        plain_value(account) as account_id
    from payment_promise
    where not coalesce(read_bool(plain_value(isdeleted)), false)
)

select
    promised.own_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(promised.own_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(promised.own_id, place, 5), '[^A-Z]', '0', 'g'),
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
    ) as promise_id,
    coalesce(customer_keys.customer_id, promised.account_id) as customer_id,
    plain_value(promised.invoice) as invoice_id,
    coalesce(
        plain_value(promised.promised_on),
        cast(cast(read_time(plain_value(promised.createddate)) as date) as varchar),
        plain_value(promised.createddate)
    ) as promised_on,
    plain_value(promised.promised_for) as promised_for,
    plain_value(promised.amount) as amount,
    promised._source,
    promised._row
from promised
left join customer_keys on substr(promised.account_id, 1, 15) = customer_keys.account_key
order by promised._source, promised._row
