/*---
table: gl_lines
what: >
  Every line of an accounting document, debit positive, in the currency of the document. Lines on customer accounts are
  receivables (KOART D), tax lines tax (BUZID T or a tax account key), profit and loss lines of billing revenue (GVTYP,
  in documents made from VBRK); all others are other. The source is the billing document, else the accounting document.
  Noted items, samples and parked documents (BSTAT) are no postings and left out.
rows_of: bseg
only_with: bkpf
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
            wrbtr as number,
            1000000000 as weight
        from bseg
        union all
        select
            dmbtr as number,
            1000000000 as weight
        from bseg
        union all
        select
            netwr as number,
            1 as weight
        from vbrk
        union all
        select
            kurrf as number,
            1 as weight
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

headers as (
    select
        *,
        plain_value(bukrs) || '/' || regexp_replace(plain_value(belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(gjahr) as posting_id,
        row_number() over (
            partition by
                plain_value(bukrs),
                regexp_replace(plain_value(belnr), '^0+([0-9]+)$', '\1'),
                plain_value(gjahr)
            order by _source, _row
        ) as turn
    from bkpf
),

entries as (
    select
        bseg.*,
        plain_value(bseg.bukrs) || '/' || regexp_replace(plain_value(bseg.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(bseg.gjahr) as posting_id,
        coalesce(
            case written.decimal_sign
                when ',' then number_with_comma(bseg.wrbtr) else number_with_point(bseg.wrbtr)
            end,
            plain_value(bseg.wrbtr)
        ) as amount
    from bseg
    cross join written
)

select
    entries.posting_id || '/' || regexp_replace(plain_value(entries.buzei), '^0+([0-9]+)$', '\1') as gl_line_id,
    plain_value(entries.bukrs) as entity_id,
    regexp_replace(plain_value(entries.hkont), '^0+([0-9]+)$', '\1') as account,
    case
        when plain_value(entries.koart) = 'D' then 'receivable'
        when plain_value(entries.buzid) = 'T' or plain_value(entries.ktosl) in ('MWS', 'MW1', 'MW2', 'MW3') then 'tax'
        when plain_value(headers.awtyp) = 'VBRK' and plain_value(entries.gvtyp) is not null then 'revenue'
        else 'other'
    end as account_kind,
    nullif(regexp_replace(plain_value(headers.budat), '^[0./-]+$', ''), '') as posted_on,
    regexp_replace(
        nullif(regexp_replace(plain_value(headers.cpudt), '^[0./-]+$', ''), ''), '[T ]00:00(:00)?.*$', ''
    )
    || case
        when regexp_full_match(plain_value(headers.cputm), '[0-9]{1,6}')
            then
                regexp_replace(
                    lpad(plain_value(headers.cputm), 6, '0'), '^([0-9]{2})([0-9]{2})([0-9]{2})$', ' \1:\2:\3'
                )
        else coalesce(' ' || plain_value(headers.cputm), '')
    end as entered_at,
    plain_value(headers.usnam) as entered_by,
    plain_value(headers.waers) as currency,
    case
        when plain_value(entries.shkzg) = 'S' then entries.amount
        when coalesce(plain_value(entries.shkzg), '') <> 'H' then entries.amount || ' neither S nor H'
        when entries.amount like '-%' then substr(entries.amount, 2)
        else '-' || entries.amount
    end as amount,
    case when plain_value(headers.awtyp) = 'VBRK' then 'invoice' else plain_value(headers.blart) end as source_kind,
    case
        when plain_value(headers.awtyp) = 'VBRK'
            then regexp_replace(plain_value(headers.awkey), '^0+([0-9]+)$', '\1')
        when plain_value(entries.koart) = 'D'
            then entries.posting_id || '/' || regexp_replace(plain_value(entries.buzei), '^0+([0-9]+)$', '\1')
        else entries.posting_id
    end as source_id,
    regexp_replace(plain_value(entries.kunnr), '^0+([0-9]+)$', '\1') as customer_id,
    entries._source,
    entries._row
from entries
left join headers on entries.posting_id = headers.posting_id and headers.turn = 1
where coalesce(plain_value(headers.bstat), '') not in ('S', 'M', 'V', 'W', 'Z', 'D')
order by entries._source, entries._row
