/*---
table: deliveries
what: >
  Deliveries to customers: shipped on the day of goods issue, delivered on the day of the proof of delivery. One that
  needs no proof (PDSTK is empty) is delivered with the goods issue; where no PDSTK was exported, that holds if no
  delivery has a proof. Returns are those of category T, transfers the replenishment deliveries (NL, NLCC, NCR, NKR)
  and what moves by a stock transport movement, samples those of orders without charge. The customer is the sold-to
  party, else the ship-to. Inbound deliveries (category 7) are none. Weight in kilograms and volume in cubic metres
  where SAP has them so.
rows_of: likp
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
            btgew as number,
            1000000000 as weight
        from likp
        union all
        select
            volum as number,
            1000000000 as weight
        from likp
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

sales_organisations as (
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
        regexp_replace(plain_value(lips.vbeln), '^0+([0-9]+)$', '\1') as delivery_id,
        case
            when count(distinct plain_value(lips.vgbel)) = 1 and min(coalesce(plain_value(lips.vgtyp), 'C')) <> 'V'
                then min(regexp_replace(plain_value(lips.vgbel), '^0+([0-9]+)$', '\1'))
        end as order_id,
        max(case when plain_value(lips.bwart) in ('641', '643', '645', '647') then 'transfer' end) as moved,
        min(case when plain_value(vbak.vbtyp) = 'I' then 'sample' else 'sale' end) as ordered
    from lips
    left join vbak
        on
            regexp_replace(plain_value(lips.vgbel), '^0+([0-9]+)$', '\1')
            = regexp_replace(plain_value(vbak.vbeln), '^0+([0-9]+)$', '\1')
    group by regexp_replace(plain_value(lips.vbeln), '^0+([0-9]+)$', '\1')
),

billed as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as invoice_id,
        case
            when count(distinct plain_value(aubel)) = 1
                then min(regexp_replace(plain_value(aubel), '^0+([0-9]+)$', '\1'))
        end as order_id
    from vbrp
    group by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
),

-- A return is of the order that it refers to, or that the invoice it refers to billed.
returned_for as (
    select
        regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1') as return_id,
        case
            when count(distinct plain_value(vbap.vgbel)) = 1 and min(plain_value(vbap.vgtyp)) = 'C'
                then min(regexp_replace(plain_value(vbap.vgbel), '^0+([0-9]+)$', '\1'))
            when count(distinct plain_value(vbap.vgbel)) = 1
                then min(billed.order_id)
        end as order_id
    from vbap
    left join billed on regexp_replace(plain_value(vbap.vgbel), '^0+([0-9]+)$', '\1') = billed.invoice_id
    group by regexp_replace(plain_value(vbap.vbeln), '^0+([0-9]+)$', '\1')
),

header_states as (
    select
        regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1') as delivery_id,
        max(plain_value(wbstk)) as wbstk,
        max(plain_value(pdstk)) as pdstk
    from vbuk
    group by regexp_replace(plain_value(vbeln), '^0+([0-9]+)$', '\1')
),

documents as (
    select
        likp.*,
        regexp_replace(plain_value(likp.vbeln), '^0+([0-9]+)$', '\1') as delivery_id,
        nullif(regexp_replace(plain_value(likp.wadat_ist), '^[0./-]+$', ''), '') as shipped_on,
        nullif(regexp_replace(plain_value(likp.podat), '^[0./-]+$', ''), '') as proved_on,
        coalesce(plain_value(likp.wbstk), header_states.wbstk) as moved,
        coalesce(plain_value(likp.pdstk), header_states.pdstk) as proof,
        max(coalesce(plain_value(likp.pdstk), header_states.pdstk)) over () is not null
        or max(nullif(regexp_replace(plain_value(likp.podat), '^[0./-]+$', ''), '')) over () is null as tells_proof,
        case written.decimal_sign
            when ',' then number_with_comma(likp.btgew) else number_with_point(likp.btgew)
        end as weight,
        case written.decimal_sign
            when ',' then number_with_comma(likp.volum) else number_with_point(likp.volum)
        end as volume
    from likp
    cross join written
    left join header_states
        on regexp_replace(plain_value(likp.vbeln), '^0+([0-9]+)$', '\1') = header_states.delivery_id
    where coalesce(plain_value(likp.vbtyp), '') <> '7'
)

select
    documents.delivery_id,
    coalesce(sales_organisations.entity_id, plain_value(documents.vkorg)) as entity_id,
    regexp_replace(
        coalesce(plain_value(documents.kunag), plain_value(documents.kunnr)), '^0+([0-9]+)$', '\1'
    ) as customer_id,
    case
        when plain_value(documents.vbtyp) = 'T' then returned_for.order_id
        else items.order_id
    end as order_id,
    case
        when plain_value(documents.vbtyp) = 'T' then 'return'
        when plain_value(documents.lfart) in ('NL', 'NLCC', 'NCR', 'NKR') then 'transfer'
        else coalesce(items.moved, items.ordered, 'sale')
    end as kind,
    case
        when documents.proved_on is not null then 'delivered'
        when documents.shipped_on is not null and documents.tells_proof and documents.proof is null then 'delivered'
        when documents.shipped_on is not null or documents.moved = 'C' then 'shipped'
        else 'planned'
    end as status,
    documents.shipped_on,
    case
        when documents.tells_proof and documents.proof is null
            then coalesce(documents.proved_on, documents.shipped_on)
        else documents.proved_on
    end as delivered_on,
    case
        when plain_value(documents.inco1) in ('EXW', 'FCA', 'FAS', 'FOB') then 'customer' else 'own'
    end as freight_payer,
    case
        when plain_value(documents.gewei) = 'KG' then coalesce(documents.weight, plain_value(documents.btgew))
    end as weight_kg,
    case
        when plain_value(documents.voleh) = 'M3' then coalesce(documents.volume, plain_value(documents.volum))
    end as volume_m3,
    documents._source,
    documents._row
from documents
left join sales_organisations on plain_value(documents.vkorg) = sales_organisations.sales_organisation
left join items on documents.delivery_id = items.delivery_id
left join returned_for on items.order_id = returned_for.return_id
order by documents._source, documents._row
