/*---
table: invoices
what: >
  One document per transaction, with what its payment schedules say it is: the class, the amounts (all instalments
  added up), the day it was posted and the day the last instalment is due. Where an instalment is missing, as with
  documents that are not complete, its lines are added up. Debit memos, chargebacks and bills receivable are debit
  memos; a document below zero is a credit memo, whatever its class. One that is not complete is a draft, and so is a
  guarantee, which bills nothing; void ones, and those of a type that is neither an open receivable nor posted, are
  cancelled.
one_row_per: ra_customer_trx_all
---*/
with accounts as (
    select
        plain_value(cust_account_id) as account_id,
        min(plain_value(account_number)) as number
    from hz_cust_accounts
    group by plain_value(cust_account_id)
),

types as (
    select
        coalesce(plain_value(cust_trx_type_seq_id), plain_value(cust_trx_type_id)) as type_id,
        coalesce(plain_value(org_id), 'main') as entity_id,
        min(plain_value(type)) as class,
        max(plain_value(accounting_affect_flag)) as is_open_receivable,
        max(plain_value(post_to_gl)) as is_posted
    from ra_cust_trx_types_all
    group by
        coalesce(plain_value(cust_trx_type_seq_id), plain_value(cust_trx_type_id)),
        coalesce(plain_value(org_id), 'main')
),

any_types as (
    select
        type_id,
        min(class) as class,
        max(is_open_receivable) as is_open_receivable,
        max(is_posted) as is_posted
    from types
    group by type_id
),

batch_sources as (
    select
        coalesce(plain_value(batch_source_seq_id), plain_value(batch_source_id)) as source_id,
        max(plain_value(batch_source_type)) as type
    from ra_batch_sources_all
    group by coalesce(plain_value(batch_source_seq_id), plain_value(batch_source_id))
),

-- A row that comes twice counts once, here as in the tables that are made of it.
instalments as (
    select
        *,
        plain_value(customer_trx_id) as invoice_id,
        read_int(plain_value(terms_sequence_number)) as place,
        row_number() over (partition by plain_value(payment_schedule_id) order by _source, _row) as turn
    from ar_payment_schedules_all
    where plain_value(customer_trx_id) is not null
),

schedules as (
    select
        invoice_id,
        max(plain_value(class)) as class,
        coalesce(max(read_int(plain_value(number_of_due_dates))), count(*)) = count(*) as is_whole,
        sum(read_money(plain_value(amount_due_original))) as gross,
        sum(read_money(plain_value(tax_original))) as tax,
        min(
            case
                when read_money(plain_value(amount_due_original)) is null then coalesce(amount_due_original, 'nothing')
            end
        ) as unread_gross,
        min(case when read_money(plain_value(tax_original)) is null then plain_value(tax_original) end) as unread_tax,
        arg_max(plain_value(due_date), coalesce(place, 0)) as due_date,
        arg_min(plain_value(gl_date), coalesce(place, 0)) as gl_date
    from instalments
    where turn = 1
    group by invoice_id
),

lines as (
    select
        *,
        row_number() over (partition by plain_value(customer_trx_line_id) order by _source, _row) as turn
    from ra_customer_trx_lines_all
),

sums as (
    select
        plain_value(customer_trx_id) as invoice_id,
        sum(case when plain_value(line_type) = 'TAX' then 0 else read_money(plain_value(extended_amount)) end) as net,
        sum(case when plain_value(line_type) = 'TAX' then read_money(plain_value(extended_amount)) else 0 end) as tax,
        min(
            case when read_money(plain_value(extended_amount)) is null then coalesce(extended_amount, 'nothing') end
        ) as unread
    from lines
    where turn = 1
    group by plain_value(customer_trx_id)
),

posted as (
    select
        plain_value(customer_trx_id) as invoice_id,
        max(plain_value(gl_date)) as gl_date
    from ra_cust_trx_line_gl_dist_all
    where plain_value(account_class) = 'REC' and coalesce(plain_value(account_set_flag), 'N') = 'N'
    group by plain_value(customer_trx_id)
),

charged_back as (
    select
        plain_value(chargeback_customer_trx_id) as invoice_id,
        min(plain_value(customer_trx_id)) as original_invoice_id
    from ar_adjustments_all
    where plain_value(chargeback_customer_trx_id) is not null and plain_value(status) = 'A'
    group by plain_value(chargeback_customer_trx_id)
),

documents as (
    select
        trx.*,
        plain_value(trx.customer_trx_id) as invoice_id,
        coalesce(plain_value(trx.org_id), 'main') as entity_id,
        coalesce(plain_value(trx.bill_to_customer_id), plain_value(trx.drawee_id)) as account_id,
        coalesce(schedules.class, types.class, any_types.class) as class,
        coalesce(types.is_open_receivable, any_types.is_open_receivable, 'Y') = 'N'
        and coalesce(types.is_posted, any_types.is_posted, 'Y') = 'N' as is_of_void_type,
        batch_sources.type as source_type,
        schedules.due_date,
        coalesce(schedules.gl_date, posted.gl_date) as gl_date,
        charged_back.original_invoice_id,
        case
            when schedules.is_whole then 'amounts with ' || coalesce(schedules.unread_gross, schedules.unread_tax)
            else 'amounts with ' || sums.unread
        end as unread,
        case when schedules.is_whole then schedules.gross else coalesce(sums.net + sums.tax, 0) end as gross,
        case when schedules.is_whole then coalesce(schedules.tax, sums.tax, 0) else coalesce(sums.tax, 0) end as tax
    from ra_customer_trx_all as trx
    left join types
        on
            coalesce(plain_value(trx.cust_trx_type_seq_id), plain_value(trx.cust_trx_type_id)) = types.type_id
            and coalesce(plain_value(trx.org_id), 'main') = types.entity_id
    left join any_types
        on coalesce(plain_value(trx.cust_trx_type_seq_id), plain_value(trx.cust_trx_type_id)) = any_types.type_id
    left join batch_sources
        on coalesce(plain_value(trx.batch_source_seq_id), plain_value(trx.batch_source_id)) = batch_sources.source_id
    left join schedules on plain_value(trx.customer_trx_id) = schedules.invoice_id
    left join sums on plain_value(trx.customer_trx_id) = sums.invoice_id
    left join posted on plain_value(trx.customer_trx_id) = posted.invoice_id
    left join charged_back on plain_value(trx.customer_trx_id) = charged_back.invoice_id
)

select
    documents.invoice_id,
    documents.trx_number as invoice_number,
    coalesce(plain_value(documents.batch_source_seq_id), plain_value(documents.batch_source_id)) as series,
    case
        when documents.gross < 0 then 'credit_memo'
        when documents.class = 'CM' and documents.gross = 0 then 'credit_memo'
        when documents.class in ('CM', 'DM', 'CB', 'BR') then 'debit_memo'
        when coalesce(documents.class, 'INV') in ('INV', 'DEP', 'GUAR') then 'invoice'
        else documents.class
    end as kind,
    documents.entity_id,
    coalesce(accounts.number, 'id/' || documents.account_id) as customer_id,
    case
        when plain_value(documents.interface_header_context) = 'ORDER ENTRY'
            then plain_value(documents.interface_header_attribute1)
    end as order_id,
    documents.purchase_order,
    regexp_replace(plain_value(documents.trx_date), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as invoice_date,
    regexp_replace(
        coalesce(documents.due_date, plain_value(documents.term_due_date)), '[ T][0-9]{1,2}[.:][0-9]{2}.*$', ''
    ) as due_date,
    regexp_replace(documents.gl_date, '[ T][0-9]{1,2}[.:][0-9]{2}.*$', '') as posted_on,
    documents.invoice_currency_code as currency,
    coalesce(documents.unread, cast(documents.gross - documents.tax as varchar)) as net_amount,
    coalesce(documents.unread, cast(documents.tax as varchar)) as tax_amount,
    coalesce(documents.unread, cast(documents.gross as varchar)) as gross_amount,
    case
        when plain_value(documents.status_trx) = 'VD' then 'cancelled'
        when plain_value(documents.complete_flag) = 'N' then 'draft'
        when documents.is_of_void_type then 'cancelled'
        when documents.class = 'GUAR' then 'draft'
        when plain_value(documents.complete_flag) = 'Y' then 'issued'
        else plain_value(documents.complete_flag)
    end as status,
    case
        when documents.source_type = 'FOREIGN' then 'system'
        when documents.source_type = 'INV' then 'manual'
        when plain_value(documents.created_from) = 'RAXTRX' then 'system'
        when plain_value(documents.created_from) like 'ARXTW%' then 'manual'
    end as origin,
    coalesce(plain_value(documents.previous_customer_trx_id), documents.original_invoice_id) as original_invoice_id,
    case
        when documents.class = 'DEP' then 'prepayment'
        when upper(plain_value(documents.reason_code)) like 'CANCEL%' then 'cancel'
        else plain_value(documents.reason_code)
    end as reason_code,
    documents.created_by,
    regexp_replace(
        plain_value(documents.creation_date), ' ([0-9]{2})\.([0-9]{2})\.([0-9]{2})(\.[0-9]+)?', ' \1:\2:\3'
    ) as created_at,
    documents._source,
    documents._row
from documents
left join accounts on documents.account_id = accounts.account_id
order by documents._source, documents._row
