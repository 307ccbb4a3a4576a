/*---
table: customers
what: >
  One account each, deleted ones left out. Its number is the account number; of several accounts with one number the
  oldest has it, and the others and those without one go by their 18-character id. A parent is named as its account is.
  Without a status of its own an account is active; it was opened when its record was made.
rows_of: account
---*/
with accounts_read as (
    select
        *,
        substr(plain_value(id), 1, 15) as account_key,
        plain_value(parentid) as parent_id,
        plain_value(ownerid) as owner_id,
        lower(plain_value(status)) as status_word,
        lower(plain_value(payment_terms_days)) as terms
    from account
    where not coalesce(read_bool(plain_value(isdeleted)), false)
),

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

named as (
    select
        accounts_read.*,
        own.customer_id,
        parent.customer_id as parent_customer_id
    from accounts_read
    left join customer_keys as own on accounts_read.account_key = own.account_key
    left join customer_keys as parent on substr(accounts_read.parent_id, 1, 15) = parent.account_key
)

select
    customer_id,
    plain_value(entity) as entity_id,
    coalesce(parent_customer_id, parent_id) as parent_id,
    name,
    coalesce(plain_value(billingcountrycode), plain_value(billingcountry)) as country,
    plain_value(tax_number) as tax_id,
    plain_value(segment) as segment,
    plain_value(tier) as tier,
    plain_value(currency) as currency,
    case
        when regexp_full_match(terms, 'net[ -]?[0-9]+( days)?') then regexp_extract(terms, '[0-9]+')
        when terms in ('due on receipt', 'immediate', 'immediately') then '0'
        else plain_value(payment_terms_days)
    end as payment_terms_days,
    plain_value(credit_limit) as credit_limit,
    case
        when status_word is null or status_word in ('active', 'yes', 'true', '1', 'customer') then 'active'
        when status_word in ('inactive', 'no', 'false', '0', 'closed', 'former customer', 'churned') then 'closed'
        when status_word in ('suspended', 'on hold', 'credit hold', 'blocked') then 'suspended'
        else plain_value(status)
    end as status,
    coalesce(cast(cast(read_time(plain_value(createddate)) as date) as varchar), plain_value(createddate)) as opened_on,
    owner_id || coalesce(
        array_to_string(
            list_transform(
                case when regexp_full_match(owner_id, '[0-9A-Za-z]{15}') then [1, 6, 11] end,
                lambda place: substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1 + cast(
                        '0b' || reverse(
                            regexp_replace(
                                regexp_replace(substr(owner_id, place, 5), '[^A-Z]', '0', 'g'),
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
    _source,
    _row
from named
order by _source, _row
