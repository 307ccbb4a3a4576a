/*---
table: gl_lines
what: >
  Every line of the general ledger, where the files have it. What an account is, its number says by the chart of the
  country: SNC in Portugal, NS 4102 in Norway (by the standard account, where one is named), and those of Romania,
  Lithuania, Luxembourg and Austria; a note lists what was taken for what. The source is the document that the line
  names, so that it can be set beside the invoice or receipt of that number.
rows_of: saft_gl_lines
---*/
with files as (
    select
        _source,
        max(period_to) as period_to
    from saft_files
    group by _source
),

accounts as (
    select
        company_id,
        account,
        min(coalesce(standard, grouping)) as standard
    from saft_accounts
    group by company_id, account
),

named as (
    select
        line.*,
        files.period_to as file_to,
        case
            when line.home_country = 'NO' and regexp_full_match(accounts.standard, '[0-9]{2,4}') then accounts.standard
            else line.account
        end as code
    from saft_gl_lines as line
    left join files on line._source = files._source
    left join accounts on line.company_id = accounts.company_id and line.account = accounts.account
)

select
    company_id || '/' || coalesce(journal || '/', '') || transaction_no || '/' || position as gl_line_id,
    company_id as entity_id,
    account,
    case
        when regexp_matches(home_country || code, '^(PT21[127]|NO15|RO41[138]|LT241|LU40[12]|AT20)') then 'receivable'
        when regexp_matches(home_country || code, '^(PT7[12]|NO3|RO70|LT50|LU70|AT4)') then 'revenue'
        when regexp_matches(home_country || code, '^(PT282|NO297|RO472)') then 'deferred_revenue'
        when regexp_matches(home_country || code, '^(PT243|NO27|RO442|LT449|LU4614|AT35)') then 'tax'
        when regexp_matches(home_country || code, '^(PT1[12]|NO19|RO5[13]|LT27|LU51|AT2[78])') then 'cash'
        when regexp_matches(home_country || code, '^(PT651|PT683|NO783|RO654)') then 'bad_debt'
        else 'other'
    end as account_kind,
    coalesce(posted, date) as posted_on,
    entered_at,
    source_id as entered_by,
    home_currency as currency,
    coalesce(
        cast(
            try_cast(
                try_cast(amount as decimal(28, 10)) * case side when 'C' then -1 else 1 end as decimal(18, 4)
            ) as varchar
        ),
        amount
    ) as amount,
    case when coalesce(document_no, reference_no) is not null then 'document' end as source_kind,
    company_id || '/' || coalesce(document_no, reference_no) as source_id,
    customer_id,
    _source,
    _row
from named
order by file_to desc, _source asc, _row asc
