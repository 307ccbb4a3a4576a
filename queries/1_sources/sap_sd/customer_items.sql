/*---
tie_out: Customer items in accounting against billing documents
---*/
-- Stated are the open and cleared items that billing documents made; found are those documents, less what was not
-- transferred. A document that lacks its item, or an item in another amount, breaks its customer's total.
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
        from bsid_bsad
        union all
        select
            dmbtr as number,
            1000000000 as weight
        from bsid_bsad
        union all
        select
            wskto as number,
            1000000000 as weight
        from bsid_bsad
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

documents as (
    select
        invoice.*,
        plain_value(vbrk.bukrs) || '/' || regexp_replace(plain_value(vbrk.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(vbrk.gjahr) as posting_id
    from loaded_invoices as invoice
    inner join vbrk on invoice._source = vbrk._source and invoice._row = vbrk._row
    where
        invoice.status <> 'draft'
        and invoice.gross_amount <> 0
        and coalesce(plain_value(vbrk.rfbsk), 'C') in ('C', 'E')
),

items as (
    select
        plain_value(bsid_bsad.bukrs) || '/' || regexp_replace(plain_value(bsid_bsad.belnr), '^0+([0-9]+)$', '\1')
        || '/' || plain_value(bsid_bsad.gjahr) as posting_id,
        regexp_replace(plain_value(bsid_bsad.vbeln), '^0+([0-9]+)$', '\1') as billing_id,
        regexp_replace(plain_value(bsid_bsad.kunnr), '^0+([0-9]+)$', '\1') as customer_id,
        plain_value(bsid_bsad.bukrs) as entity_id,
        plain_value(bsid_bsad.waers) as currency,
        case plain_value(bsid_bsad.shkzg) when 'H' then -1 else 1 end
        * case written.decimal_sign
            when ',' then read_money(number_with_comma(bsid_bsad.wrbtr))
            else read_money(number_with_point(bsid_bsad.wrbtr))
        end as amount
    from (
        select
            *,
            row_number() over (partition by bukrs, belnr, gjahr, buzei order by _source, _row) as turn
        from bsid_bsad
    ) as bsid_bsad
    cross join written
    where
        bsid_bsad.turn = 1
        and coalesce(lpad(plain_value(bsid_bsad.bschl), 2, '0'), '01')
        not in ('05', '06', '07', '08', '15', '16', '17', '18')
        and coalesce(plain_value(bsid_bsad.blart), 'RV') not in ('DZ', 'ZP', 'ZV')
        and coalesce(plain_value(bsid_bsad.bstat), '') <> 'S'
),

-- What was billed, and what accounting holds, of one customer.
sides as (
    select
        documents.entity_id,
        documents.customer_id,
        documents.currency,
        null as stated,
        documents.gross_amount as found
    from documents
    union all
    select
        items.entity_id,
        items.customer_id,
        items.currency,
        items.amount as stated,
        null as found
    from items
    inner join documents on coalesce(items.billing_id, '') = documents.invoice_id
    union all
    select
        items.entity_id,
        items.customer_id,
        items.currency,
        items.amount as stated,
        null as found
    from items
    inner join documents on items.billing_id is null and items.posting_id = documents.posting_id
),

totals as (
    select
        entity_id,
        customer_id,
        currency,
        coalesce(sum(stated), 0) as stated,
        coalesce(sum(found), 0) as found
    from sides
    where (select count(*) from bsid_bsad) > 0
    group by entity_id, customer_id, currency
),

told as (
    select
        *,
        case
            when stated = found then 'company code ' || entity_id
            else 'company code ' || entity_id || ', customer ' || customer_id
        end as subject
    from totals
)

select
    subject,
    case
        when min(stated) = min(found) and max(stated) = max(found) and subject not like '%, customer %'
            then 'items of the ' || cast(count(*) as varchar) || ' customers that agree'
        else 'items made by billing'
    end as what,
    currency,
    cast(sum(stated) as decimal(38, 4)) as stated,
    cast(sum(found) as decimal(38, 4)) as found
from told
group by subject, currency
