/*---
table: gl_lines
what: >
  The sub-ledger's own accounting, as it is transferred to the ledger: the distributions of documents (their receivable
  account is a debit, all others are credits) and those of applications and adjustments. Unapplied, unidentified and
  on-account money stands against the receivable, as in the open items. Models of distributions (account sets),
  documents that are not complete and distributions without a GL date are no accounting; cash and bills receivable are
  not read. Without AR_DISTRIBUTIONS_ALL there is no such table: half of the accounting would look like a difference.
rows_of: ra_cust_trx_line_gl_dist_all
only_with: ar_distributions_all
---*/
with segments as (
    select
        plain_value(code_combination_id) as combination_id,
        min(
            coalesce(
                plain_value(concatenated_segments),
                nullif(
                    concat_ws(
                        '-',
                        plain_value(segment1),
                        plain_value(segment2),
                        plain_value(segment3),
                        plain_value(segment4),
                        plain_value(segment5),
                        plain_value(segment6),
                        plain_value(segment7),
                        plain_value(segment8)
                    ),
                    ''
                )
            )
        ) as account
    from gl_code_combinations
    group by plain_value(code_combination_id)
),

accounts as (
    select
        plain_value(cust_account_id) as account_id,
        min(plain_value(account_number)) as number
    from hz_cust_accounts
    group by plain_value(cust_account_id)
),

guarantees as (
    select distinct plain_value(customer_trx_id) as invoice_id
    from ar_payment_schedules_all
    where plain_value(class) = 'GUAR'
),

-- Of a record that comes twice the first one counts.
documents as (
    select
        *,
        row_number() over (partition by plain_value(customer_trx_id) order by _source, _row) as turn
    from ra_customer_trx_all
),

moves as (
    select
        *,
        row_number() over (partition by plain_value(receivable_application_id) order by _source, _row) as turn
    from ar_receivable_applications_all
),

changes as (
    select
        *,
        row_number() over (partition by plain_value(adjustment_id) order by _source, _row) as turn
    from ar_adjustments_all
),

of_documents as (
    select
        'trx/' || plain_value(line.cust_trx_line_gl_dist_id) as gl_line_id,
        coalesce(plain_value(trx.org_id), 'main') as entity_id,
        plain_value(line.code_combination_id) as combination_id,
        case
            when plain_value(line.account_class) = 'REC' and guarantees.invoice_id is null then 'receivable'
            when plain_value(line.account_class) in ('REV', 'FREIGHT', 'CHARGES') then 'revenue'
            when plain_value(line.account_class) = 'UNEARN' then 'deferred_revenue'
            when plain_value(line.account_class) = 'TAX' then 'tax'
            else 'other'
        end as account_kind,
        line.gl_date,
        line.creation_date,
        line.created_by,
        trx.invoice_currency_code as currency,
        case
            when plain_value(line.account_class) = 'REC' then plain_value(line.amount)
            when plain_value(line.amount) like '-%' then substr(plain_value(line.amount), 2)
            else '-' || plain_value(line.amount)
        end as amount,
        'invoices' as source_kind,
        plain_value(line.customer_trx_id) as source_id,
        coalesce(accounts.number, 'id/' || plain_value(trx.bill_to_customer_id)) as customer_id,
        line._source,
        line._row
    from ra_cust_trx_line_gl_dist_all as line
    left join documents as trx
        on plain_value(line.customer_trx_id) = plain_value(trx.customer_trx_id) and trx.turn = 1
    left join guarantees on plain_value(line.customer_trx_id) = guarantees.invoice_id
    left join accounts on plain_value(trx.bill_to_customer_id) = accounts.account_id
    where
        coalesce(plain_value(line.account_set_flag), 'N') = 'N'
        and plain_value(line.gl_date) is not null
        and coalesce(plain_value(trx.complete_flag), 'Y') <> 'N'
),

of_movements as (
    select
        'ar/' || plain_value(line.line_id) as gl_line_id,
        coalesce(plain_value(line.org_id), 'main') as entity_id,
        plain_value(line.code_combination_id) as combination_id,
        case
            when plain_value(line.source_type) in ('REC', 'UNAPP', 'ACC', 'OTHER ACC', 'UNID') then 'receivable'
            when plain_value(line.source_type) in ('TAX', 'DEFERRED_TAX') then 'tax'
            when plain_value(line.source_type) like 'FINCHRG%' then 'revenue'
            else 'other'
        end as account_kind,
        coalesce(application.gl_date, adjustment.gl_date) as gl_date,
        line.creation_date,
        line.created_by,
        line.currency_code as currency,
        case
            when coalesce(read_money(plain_value(line.amount_dr)), 1) <> 0 and plain_value(line.amount_dr) is not null
                then plain_value(line.amount_dr)
            when plain_value(line.amount_cr) like '-%' then substr(plain_value(line.amount_cr), 2)
            when plain_value(line.amount_cr) is not null then '-' || plain_value(line.amount_cr)
            else plain_value(line.amount_dr)
        end as amount,
        case plain_value(line.source_table) when 'ADJ' then 'adjustments' else 'applications' end as source_kind,
        case
            when plain_value(line.source_table) = 'ADJ' then plain_value(line.source_id)
            when plain_value(application.status) in ('APP', 'ACTIVITY') then plain_value(line.source_id)
            when plain_value(line.source_table_secondary) = 'RA' then plain_value(line.source_id_secondary)
            else plain_value(application.cash_receipt_id)
        end as source_id,
        cast(null as varchar) as customer_id,
        line._source,
        line._row
    from ar_distributions_all as line
    left join moves as application
        on
            plain_value(line.source_table) = 'RA'
            and application.turn = 1
            and plain_value(line.source_id) = plain_value(application.receivable_application_id)
    left join changes as adjustment
        on
            plain_value(line.source_table) = 'ADJ'
            and adjustment.turn = 1
            and plain_value(line.source_id) = plain_value(adjustment.adjustment_id)
    where plain_value(line.source_table) in ('RA', 'ADJ')
),

lines as (
    select * from of_documents
    union all
    select * from of_movements
)

select
    lines.gl_line_id,
    lines.entity_id,
    coalesce(segments.account, lines.combination_id) as account,
    lines.account_kind,
    regexp_replace(plain_value(lines.gl_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as posted_on,
    regexp_replace(
        plain_value(lines.creation_date), ' ([0-9]{2})\.([0-9]{2})\.([0-9]{2})(\.[0-9]+)?', ' \1:\2:\3'
    ) as entered_at,
    lines.created_by as entered_by,
    lines.currency,
    lines.amount,
    lines.source_kind,
    lines.source_id,
    lines.customer_id,
    lines._source,
    lines._row
from lines
left join segments on lines.combination_id = segments.combination_id
order by lines._source, lines._row
