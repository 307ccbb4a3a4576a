/*---
note: Distributions that are no accounting or are not read, and how many
---*/
with incomplete as (
    select distinct plain_value(customer_trx_id) as invoice_id
    from ra_customer_trx_all
    where plain_value(complete_flag) = 'N'
),

left_out as (
    select
        case
            when plain_value(line.account_set_flag) = 'Y' then 'models of distributions (account sets)'
            when incomplete.invoice_id is not null then 'of documents that are not complete'
            else 'of documents, without a GL date'
        end as subject
    from ra_cust_trx_line_gl_dist_all as line
    left join incomplete on plain_value(line.customer_trx_id) = incomplete.invoice_id
    where
        plain_value(line.account_set_flag) = 'Y'
        or plain_value(line.gl_date) is null
        or incomplete.invoice_id is not null
    union all
    select 'of ' || coalesce(plain_value(source_table), 'no table') as subject
    from ar_distributions_all
    where coalesce(plain_value(source_table), '') not in ('RA', 'ADJ')
    union all
    select 'of documents, all of them: there is no ar_distributions_all' as subject
    from ra_cust_trx_line_gl_dist_all
    where
        not exists (select 1 from ar_distributions_all)
        and coalesce(plain_value(account_set_flag), 'N') = 'N'
)

select
    subject,
    cast(count(*) as varchar) as note
from left_out
group by subject
order by subject
