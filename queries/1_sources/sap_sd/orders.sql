/*---
table: orders
what: >
  Sales documents that are to be billed: orders (VBTYP C), orders without charge (I), scheduling agreements (E) and
  debit memo requests (L). Returns (H) and credit memo requests (K) are only the way from a credit memo to what it
  credits. The customer is the sold-to party. An order all of whose items are rejected is cancelled, one that SAP calls
  completely processed (GBSTK C) is completed, and so is one that is not relevant for delivery and has no billing
  block: it is due for billing. The company code is the one of the order, else that of its sales organisation, else
  that name.
rows_of: vbak
---*/
with sales_organisations as (
    select
        sales_organisation,
        case when count(distinct entity_id) = 1 then min(entity_id) end as entity_id
    from (
        select
            plain_value(vkorg) as sales_organisation,
            plain_value(bukrs) as entity_id
        from tvko
        union all
        select
            plain_value(vkorg) as sales_organisation,
            plain_value(bukrs) as entity_id
        from vbrk
    ) as assigned
    where entity_id is not null
    group by sales_organisation
),

items as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as order_id,
        min(case when plain_value(abgru) is null then 'open' else 'rejected' end) as state
    from vbap
    group by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
),

header_states as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as order_id,
        max(plain_value(gbstk)) as gbstk,
        max(plain_value(lfstk)) as lfstk,
        max(plain_value(abstk)) as abstk
    from vbuk
    group by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
),

documents as (
    select
        vbak.*,
        regexp_replace(plain_value(vbak.vbeln), '^0+([0-9]+)$', '\1') as order_id,
        coalesce(plain_value(vbak.gbstk), header_states.gbstk) as overall,
        coalesce(plain_value(vbak.lfstk), header_states.lfstk) as delivered,
        coalesce(plain_value(vbak.abstk), header_states.abstk) as rejected,
        max(coalesce(plain_value(vbak.lfstk), header_states.lfstk)) over () is not null as tells_delivery,
        nullif(regexp_replace(plain_value(vbak.audat), '^[0./-]+$', ''), '') as document_day,
        nullif(regexp_replace(plain_value(vbak.erdat), '^[0./-]+$', ''), '') as entry_day,
        case
            when regexp_full_match(plain_value(vbak.erzet), '[0-9]{1,6}')
                then
                    regexp_replace(
                        lpad(plain_value(vbak.erzet), 6, '0'), '^([0-9]{2})([0-9]{2})([0-9]{2})$', ' \1:\2:\3'
                    )
            else coalesce(' ' || plain_value(vbak.erzet), '')
        end as entry_time
    from vbak
    left join header_states
        on regexp_replace(plain_value(vbak.vbeln), '^0+([0-9]+)$', '\1') = header_states.order_id
    where
        plain_value(vbak.vbtyp) in ('C', 'I', 'E', 'L')
        or plain_value(vbak.vbtyp) is null
)

select
    documents.order_id,
    coalesce(
        plain_value(documents.bukrs_vf), sales_organisations.entity_id, plain_value(documents.vkorg)
    ) as entity_id,
    regexp_replace(plain_value(documents.kunnr), '^0+([0-9]+)$', '\1') as customer_id,
    coalesce(documents.document_day, documents.entry_day) as order_date,
    plain_value(documents.waerk) as currency,
    case
        when documents.rejected = 'C' or items.state = 'rejected' then 'cancelled'
        when documents.overall = 'C' then 'completed'
        when
            documents.overall is not null
            and documents.tells_delivery
            and documents.delivered is null
            and plain_value(documents.faksk) is null
            then 'completed'
        when documents.delivered = 'C' then 'shipped'
        else 'open'
    end as status,
    plain_value(documents.augru) as reason_code,
    plain_value(documents.bstnk) as purchase_order,
    plain_value(documents.ernam) as created_by,
    regexp_replace(documents.entry_day, '[T ]00:00(:00)?.*$', '') || documents.entry_time as created_at,
    documents._source,
    documents._row
from documents
left join sales_organisations on plain_value(documents.vkorg) = sales_organisations.sales_organisation
left join items on documents.order_id = items.order_id
order by documents._source, documents._row
