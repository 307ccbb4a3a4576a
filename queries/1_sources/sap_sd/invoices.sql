/*---
table: invoices
what: >
  Every billing document, by its number without leading zeros. VBRK holds no signs: cancellations of invoices (VBTYP N)
  and credit memos (O, 6) turn theirs. A cancellation names what it cancels (SFAKN) with the reason cancel; both halves
  of a cancelled credit memo, and a cancelled document whose cancellation was not exported, are cancelled. Pro forma
  invoices (U), invoice lists (3, 4) and down payment requests (FKTYP P) are no receivables, so drafts. The customer is
  the payer, else the sold-to party. The due date is worked out from the customer items as SAP does: baseline date and
  the last of the three terms that is there, a credit memo on its baseline date; of several instalments the last. The
  reason of other documents is the order reason of their first item. The series is the number range of the billing type
  (TVFK), where one company code alone has it. Another category is left empty, so that the document is rejected.
one_row_per: vbrk
---*/
with written as (
    select
        case
            when
                sum(
                    case
                        when number_with_comma(number) is null and number_with_point(number) is not null then -weight
                        when number_with_point(number) is null and number_with_comma(number) is not null then weight
                    end
                ) > 0
                then ','
            else '.'
        end as decimal_sign
    from (
        select
            netwr as number,
            1000000000 as weight
        from vbrk
        union all
        select
            mwsbk as number,
            1000000000 as weight
        from vbrk
        union all
        select
            kurrf as number,
            1000000000 as weight
        from vbrk
        union all
        select
            netwr as number,
            1 as weight
        from vbrp
        union all
        select
            kursk as number,
            1 as weight
        from vbrp
    ) as numbers
),

-- SAP writes no day before the month with a stroke or a hyphen, but what a spreadsheet saved may.
strokes as (
    select
        max(case when substr(day, 4, 2) > '12' then 1 else 0 end) = 1
        and max(case when substr(day, 1, 2) > '12' then 1 else 0 end) = 0 as month_first
    from (
        select plain_value(zfbdt) as day from bsid_bsad
        union all
        select plain_value(bldat) as day from bsid_bsad
    ) as days
    where regexp_full_match(day, '[0-9]{2}[/-][0-9]{2}[/-][0-9]{4}')
),

documents as (
    select
        vbrk.*,
        regexp_replace(plain_value(vbrk.vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        nullif(regexp_replace(plain_value(vbrk.sfakn), '^0+([0-9]*)$', '\1'), '') as cancels_id,
        plain_value(vbrk.vbtyp) as category,
        case when plain_value(vbrk.vbtyp) in ('N', 'O', '4', '6', 'f002') then -1 else 1 end as factor,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbrk.netwr) else number_with_point(vbrk.netwr)
            end,
            plain_value(vbrk.netwr)
        ) as net,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(vbrk.mwsbk) else number_with_point(vbrk.mwsbk)
            end,
            plain_value(vbrk.mwsbk),
            '0'
        ) as tax,
        nullif(regexp_replace(plain_value(vbrk.erdat), '^[0./-]+$', ''), '') as entry_day,
        case
            when regexp_full_match(plain_value(vbrk.erzet), '[0-9]{1,6}')
                then
                    regexp_replace(
                        lpad(plain_value(vbrk.erzet), 6, '0'), '^([0-9]{2})([0-9]{2})([0-9]{2})$', ' \1:\2:\3'
                    )
            else coalesce(' ' || plain_value(vbrk.erzet), '')
        end as entry_time
    from vbrk
    cross join written
),

cancelling as (
    select
        cancels_id,
        min(category) as category
    from documents
    where cancels_id is not null
    group by cancels_id
),

-- What an item refers to: an invoice itself, or a return or request that was made from one.
requested as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as request_id,
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1') as item,
        min(regexp_replace(plain_value(vgbel), '^0+([0-9]+)$', '\1')) as invoice_id
    from vbap
    where plain_value(vgtyp) = 'M'
    group by
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1'),
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1')
),

categories as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as order_id,
        min(plain_value(vbtyp)) as category
    from vbak
    group by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
),

items as (
    select
        regexp_replace(plain_value(vbrp.vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        case
            when
                coalesce(plain_value(vbrp.autyp), categories.category, 'C') in ('C', 'E', 'I', 'L')
                then regexp_replace(plain_value(vbrp.aubel), '^0+([0-9]+)$', '\1')
        end as order_id,
        plain_value(vbrp.augru_auft) as reason,
        coalesce(
            case
                when plain_value(vbrp.vgtyp) in ('M', 'P')
                    then regexp_replace(plain_value(vbrp.vgbel), '^0+([0-9]+)$', '\1')
            end,
            requested.invoice_id
        ) as original_id,
        row_number() over (
            partition by regexp_replace(plain_value(vbrp.vbeln), '^0+([0-9]+)$', '\1')
            order by vbrp._source, vbrp._row
        ) as turn
    from vbrp
    left join requested
        on
            regexp_replace(plain_value(vbrp.aubel), '^0+([0-9]+)$', '\1') = requested.request_id
            and regexp_replace(plain_value(vbrp.aupos), '^0+([0-9]+)$', '\1') = requested.item
    left join categories on regexp_replace(plain_value(vbrp.aubel), '^0+([0-9]+)$', '\1') = categories.order_id
),

references_made as (
    select
        invoice_id,
        case when count(distinct order_id) = 1 then min(order_id) end as order_id,
        min(case when turn = 1 then reason end) as reason,
        min_by(original_id, turn) filter (where original_id is not null) as original_id
    from items
    group by invoice_id
),

customer_items as (
    select
        regexp_replace(plain_value(bsid_bsad.vbeln), '^0+([0-9]+)$', '\1') as billing_id,
        plain_value(bsid_bsad.bukrs) || '/' || regexp_replace(plain_value(bsid_bsad.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(bsid_bsad.gjahr) as posting_id,
        nullif(regexp_replace(plain_value(bsid_bsad.budat), '^[0./-]+$', ''), '') as posted_on,
        coalesce(
            nullif(regexp_replace(plain_value(bsid_bsad.zfbdt), '^[0./-]+$', ''), ''),
            nullif(regexp_replace(plain_value(bsid_bsad.bldat), '^[0./-]+$', ''), '')
        ) as baseline,
        strokes.month_first,
        case
            when plain_value(bsid_bsad.shkzg) = 'H' then 0
            else
                coalesce(
                    nullif(read_int(regexp_replace(plain_value(bsid_bsad.zbd3t), '[.,]0*$', '')), 0),
                    nullif(read_int(regexp_replace(plain_value(bsid_bsad.zbd2t), '[.,]0*$', '')), 0),
                    read_int(regexp_replace(plain_value(bsid_bsad.zbd1t), '[.,]0*$', '')),
                    0
                )
        end as days
    from bsid_bsad
    cross join strokes
    where
        coalesce(plain_value(bsid_bsad.bschl), '01') not in ('05', '06', '07', '08', '15', '16', '17', '18')
        and coalesce(plain_value(bsid_bsad.blart), 'RV') not in ('DZ', 'ZP', 'ZV')
        and coalesce(plain_value(bsid_bsad.bstat), '') <> 'S'
),

dated as (
    select
        *,
        cast(
            coalesce(
                cast(read_date(baseline) as varchar),
                day_by_form(baseline, '%Y%m%d'),
                day_by_form(baseline, '%d.%m.%Y'),
                day_by_form(baseline, '%Y/%m/%d'),
                day_by_form(baseline, '%Y.%m.%d'),
                case when month_first then day_by_form(baseline, '%m/%d/%Y') end,
                case when month_first then day_by_form(baseline, '%m-%d-%Y') end
            ) as date
        ) as baseline_day
    from customer_items
),

posted as (
    select
        key,
        min(posted_on) as posted_on,
        cast(max(cast(baseline_day + to_days(cast(least(days, 9999) as integer)) as date)) as varchar) as due_date
    from (
        select
            billing_id as key,
            posted_on,
            baseline_day,
            days
        from dated
        where billing_id is not null
        union all
        select
            posting_id as key,
            posted_on,
            baseline_day,
            days
        from dated
        where billing_id is null
    ) as keyed
    group by key
),

ranges as (
    select
        types.billing_type,
        types.number_range,
        count(distinct plain_value(vbrk.bukrs)) over (partition by types.number_range) as company_codes
    from (
        select
            plain_value(fkart) as billing_type,
            min(plain_value(numki)) as number_range
        from tvfk
        group by plain_value(fkart)
    ) as types
    inner join vbrk on types.billing_type = plain_value(vbrk.fkart)
),

series as (
    select distinct
        billing_type,
        number_range
    from ranges
    where company_codes = 1
)

select
    documents.invoice_id,
    documents.invoice_id as invoice_number,
    series.number_range as series,
    case
        when documents.category in ('M', 'U', '3', '5', 'f001', 'f003') then 'invoice'
        when documents.category in ('N', 'O', '4', '6', 'f002') then 'credit_memo'
        when documents.category in ('P', 'S') then 'debit_memo'
    end as kind,
    plain_value(documents.bukrs) as entity_id,
    regexp_replace(
        coalesce(plain_value(documents.kunrg), plain_value(documents.kunag)), '^0+([0-9]+)$', '\1'
    ) as customer_id,
    case
        when documents.category not in ('5', '6', 'f003') and coalesce(plain_value(documents.fktyp), '') <> 'I'
            then references_made.order_id
    end as order_id,
    plain_value(documents.bstnk_vf) as purchase_order,
    nullif(regexp_replace(plain_value(documents.fkdat), '^[0./-]+$', ''), '') as invoice_date,
    coalesce(by_billing.due_date, by_posting.due_date) as due_date,
    coalesce(by_billing.posted_on, by_posting.posted_on) as posted_on,
    plain_value(documents.waerk) as currency,
    coalesce(cast(read_money(documents.net) * documents.factor as varchar), documents.net) as net_amount,
    coalesce(cast(read_money(documents.tax) * documents.factor as varchar), documents.tax) as tax_amount,
    coalesce(
        cast((read_money(documents.net) + read_money(documents.tax)) * documents.factor as varchar),
        documents.net || ' and ' || documents.tax
    ) as gross_amount,
    case
        when
            documents.category in ('U', '3', '4')
            or plain_value(documents.fktyp) = 'P'
            or plain_value(documents.draft) is not null
            then 'draft'
        when documents.category = 'S' then 'cancelled'
        when documents.category in ('O', '6', 'f002') and cancelling.cancels_id is not null then 'cancelled'
        when plain_value(documents.fksto) is not null and cancelling.cancels_id is null then 'cancelled'
        else 'issued'
    end as status,
    coalesce(documents.cancels_id, references_made.original_id) as original_invoice_id,
    case
        when documents.cancels_id is not null or documents.category in ('N', 'S') then 'cancel'
        when plain_value(documents.fktyp) = 'P' then 'prepayment'
        else references_made.reason
    end as reason_code,
    plain_value(documents.ernam) as created_by,
    regexp_replace(documents.entry_day, '[T ]00:00(:00)?.*$', '') || documents.entry_time as created_at,
    documents._source,
    documents._row
from documents
left join cancelling on documents.invoice_id = cancelling.cancels_id
left join references_made on documents.invoice_id = references_made.invoice_id
left join posted as by_billing on documents.invoice_id = by_billing.key
left join posted as by_posting
    on
        plain_value(documents.bukrs) || '/' || regexp_replace(plain_value(documents.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(documents.gjahr) = by_posting.key
left join series on plain_value(documents.fkart) = series.billing_type
order by documents._source, documents._row
