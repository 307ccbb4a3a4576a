/*---
tie_out: Document flow against the references of billing items
---*/
-- The document flow (VBFA) names every item that billing made of an order or delivery item; a billing item names its
-- reference item (VGBEL, VGPOS) and its order item (AUBEL, AUPOS) itself.
with flow as (
    select distinct
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        regexp_replace(plain_value(posnn), '^0+([0-9]+)$', '\1') as item,
        regexp_replace(plain_value(vbelv), '^0+([0-9]+)$', '\1')
        || '/' || regexp_replace(plain_value(posnv), '^0+([0-9]+)$', '\1') as preceding
    from vbfa
    where
        plain_value(vbtyp_n) in ('M', 'O', 'P', 'U', '5', '6')
        and regexp_replace(plain_value(posnn), '^0+([0-9]+)$', '\1') <> '0'
        and regexp_replace(plain_value(posnv), '^0+([0-9]+)$', '\1') <> '0'
),

named as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        regexp_replace(plain_value(posnr), '^0+([0-9]+)$', '\1') as item,
        regexp_replace(plain_value(vgbel), '^0+([0-9]+)$', '\1')
        || '/' || regexp_replace(plain_value(vgpos), '^0+([0-9]+)$', '\1') as reference_item,
        regexp_replace(plain_value(aubel), '^0+([0-9]+)$', '\1')
        || '/' || regexp_replace(plain_value(aupos), '^0+([0-9]+)$', '\1') as order_item
    from vbrp
),

stated as (
    select
        flow.invoice_id,
        count(distinct flow.item) as items
    from flow
    inner join loaded_invoices as invoice on flow.invoice_id = invoice.invoice_id
    group by flow.invoice_id
),

found as (
    select
        named.invoice_id,
        count(distinct named.item) as items
    from named
    inner join flow
        on
            named.invoice_id = flow.invoice_id
            and named.item = flow.item
            and flow.preceding in (named.reference_item, named.order_item)
    group by named.invoice_id
),

compared as (
    select
        stated.invoice_id,
        stated.items as stated,
        coalesce(found.items, 0) as found
    from stated
    left join found on stated.invoice_id = found.invoice_id
),

told as (
    select
        *,
        case when stated = found then 'all other documents' else invoice_id end as subject
    from compared
)

select
    subject,
    'items that the document flow links' as what,
    null as currency,
    cast(sum(stated) as decimal(38, 0)) as stated,
    cast(sum(found) as decimal(38, 0)) as found
from told
group by subject
