/*---
table: customers
what: >
  One account each, by its ACCOUNT_NUMBER, with what HZ_PARTIES says of the party. The accounts of one party are one
  family, whose first is the parent of the others. An account that is on credit hold in its own profile (no site's) is
  suspended, one that is not active is closed. Its terms are those of its profile, where they are one number of days.
one_row_per: hz_cust_accounts
---*/
with parties as (
    select
        plain_value(party_id) as party_id,
        min(plain_value(party_name)) as name,
        min(plain_value(country)) as country,
        min(coalesce(plain_value(tax_reference), plain_value(jgzz_fiscal_code))) as tax_id
    from hz_parties
    group by plain_value(party_id)
),

-- Of the dated rows of the Cloud's profiles the one in force ends in the year 4712.
profiles as (
    select
        plain_value(cust_account_id) as account_id,
        max(plain_value(credit_hold)) as credit_hold,
        max(plain_value(standard_terms)) as term_id
    from hz_customer_profiles
    where
        plain_value(site_use_id) is null
        and (
            plain_value(effective_end_date) is null
            or effective_end_date like '%4712%'
            or upper(plain_value(effective_end_date)) = '31-DEC-12'
        )
    group by plain_value(cust_account_id)
),

terms as (
    select
        plain_value(term_id) as term_id,
        min(plain_value(due_days)) as due_days
    from ra_terms_lines
    group by plain_value(term_id)
    having count(*) = 1
),

accounts as (
    select
        *,
        first_value(plain_value(account_number)) over (
            partition by coalesce(plain_value(party_id), 'none/' || plain_value(cust_account_id))
            order by length(plain_value(cust_account_id)), plain_value(cust_account_id)
        ) as first_number
    from hz_cust_accounts
)

select
    plain_value(accounts.account_number) as customer_id,
    nullif(accounts.first_number, plain_value(accounts.account_number)) as parent_id,
    coalesce(parties.name, plain_value(accounts.account_name), plain_value(accounts.account_number)) as name,
    parties.country,
    parties.tax_id,
    plain_value(accounts.customer_class_code) as segment,
    terms.due_days as payment_terms_days,
    case
        when coalesce(plain_value(accounts.status), 'A') <> 'A' then 'closed'
        when profiles.credit_hold = 'Y' then 'suspended'
        else 'active'
    end as status,
    regexp_replace(
        plain_value(accounts.account_established_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', ''
    ) as opened_on,
    regexp_replace(
        plain_value(accounts.account_termination_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', ''
    ) as closed_on,
    accounts._source,
    accounts._row
from accounts
left join parties on plain_value(accounts.party_id) = parties.party_id
left join profiles on plain_value(accounts.cust_account_id) = profiles.account_id
left join terms on profiles.term_id = terms.term_id
order by accounts._source, accounts._row
