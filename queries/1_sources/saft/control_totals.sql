/*---
tie_out: Control totals of the files
---*/
-- A document that two files hold alike was loaded from one of them and stands in both.
with documents as (
    select
        document.*,
        dense_rank() over (
            partition by document.company_id, document.invoice_no order by document.date, document.content
        ) as version
    from saft_invoices as document
),

loaded as (
    select
        documents._source,
        documents.document,
        documents.status,
        invoice.invoice_id
    from documents
    inner join loaded_invoices as invoice
        on
            documents.company_id || '/' || documents.invoice_no
            || case when documents.version > 1 then '~' || cast(documents.version as varchar) else '' end
            = invoice.invoice_id
),

settled as (
    select
        *,
        dense_rank() over (partition by company_id, payment_no, kind order by date, content) as version
    from saft_payments
),

payments as (
    select
        settled._source,
        settled.document,
        settled.status
    from settled
    left join loaded_receipts as receipt
        on
            settled.company_id || '/' || settled.payment_no
            || case when settled.version > 1 then '~' || cast(settled.version as varchar) else '' end
            = receipt.receipt_id
    where
        settled.kind = 'payment'
        and (receipt.receipt_id is not null or (settled.customer_id is null and settled.supplier_id is not null))
),

sides as (
    select
        'sales' as section,
        line._source,
        line.side,
        try_cast(line.amount as decimal(28, 10)) as amount
    from saft_invoice_lines as line
    inner join loaded on line._source = loaded._source and line.document = loaded.document
    inner join loaded_invoice_lines as kept on loaded.invoice_id || '/' || line.position = kept.invoice_line_id
    where upper(coalesce(loaded.status, 'N')) not in ('A', 'F')
    union all
    select
        'payments' as section,
        line._source,
        line.side,
        try_cast(line.amount as decimal(28, 10)) as amount
    from saft_payment_lines as line
    inner join payments on line._source = payments._source and line.document = payments.document
    where upper(coalesce(payments.status, 'N')) <> 'A'
    union all
    select
        'ledger' as section,
        line._source,
        line.side,
        try_cast(line.amount as decimal(28, 10)) as amount
    from saft_gl_lines as line
    inner join loaded_gl_lines as kept
        on
            line.company_id || '/' || coalesce(line.journal || '/', '') || line.transaction_no || '/' || line.position
            = kept.gl_line_id
),

entries as (
    select
        'sales' as section,
        _source,
        count(*) as entries
    from loaded
    group by _source
    union all
    select
        'payments' as section,
        _source,
        count(*) as entries
    from payments
    group by _source
    union all
    select
        'ledger' as section,
        _source,
        count(*) as entries
    from saft_transactions
    group by _source
),

added as (
    select
        section,
        _source,
        sum(case when side = 'D' then amount else 0 end) as debit,
        sum(case when side = 'D' then 0 else amount end) as credit
    from sides
    group by section, _source
),

compared as (
    select
        stated._source,
        stated._row,
        stated.home_currency,
        case stated.section
            when 'sales' then 'SalesInvoices' when 'payments' then 'Payments' else 'GeneralLedgerEntries'
        end as section,
        try_cast(stated.entries as decimal(18, 0)) as stated_entries,
        coalesce(entries.entries, 0) as entries,
        read_money(stated.debit) as stated_debit,
        coalesce(added.debit, 0) as debit,
        read_money(stated.credit) as stated_credit,
        coalesce(added.credit, 0) as credit
    from saft_totals as stated
    left join entries on stated.section = entries.section and stated._source = entries._source
    left join added on stated.section = added.section and stated._source = added._source
)

select
    _source as subject,
    section || ' NumberOfEntries' as what,
    cast(null as varchar) as currency,
    stated_entries as stated,
    cast(entries as decimal(18, 0)) as found
from compared
where stated_entries is not null
union all
select
    _source as subject,
    section || ' TotalDebit' as what,
    home_currency as currency,
    stated_debit as stated,
    cast(case when stated_debit = round(stated_debit, 2) then round(debit, 2) else debit end as decimal(28, 4)) as found
from compared
where stated_debit is not null
union all
select
    _source as subject,
    section || ' TotalCredit' as what,
    home_currency as currency,
    stated_credit as stated,
    cast(case when stated_credit = round(stated_credit, 2) then round(credit, 2) else credit end as decimal(28, 4))
        as found
from compared
where stated_credit is not null
