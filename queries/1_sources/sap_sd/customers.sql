/*---
table: customers
what: >
  Every customer of KNA1 by KUNNR without leading zeros. One with a central deletion flag is closed, one with a central
  order, billing or posting block suspended. The parent is the head office of KNB1. What differs between a customer's
  company codes or sales areas is left empty, as are terms with a fixed day or months, which are no number of days.
one_row_per: kna1
---*/
with company_data as (
    select
        regexp_replace(plain_value(kunnr), '^0+([0-9]+)$', '\1') as customer_id,
        case when count(distinct plain_value(bukrs)) = 1 then min(plain_value(bukrs)) end as entity_id,
        case when count(distinct plain_value(zterm)) = 1 then min(plain_value(zterm)) end as terms,
        case
            when count(distinct plain_value(knrze)) = 1
                then min(regexp_replace(plain_value(knrze), '^0+([0-9]+)$', '\1'))
        end as parent_id
    from knb1
    group by regexp_replace(plain_value(kunnr), '^0+([0-9]+)$', '\1')
),

sales_data as (
    select
        regexp_replace(plain_value(kunnr), '^0+([0-9]+)$', '\1') as customer_id,
        case when count(distinct plain_value(waers)) = 1 then min(plain_value(waers)) end as currency,
        case when count(distinct plain_value(kdgrp)) = 1 then min(plain_value(kdgrp)) end as segment,
        case when count(distinct plain_value(klabc)) = 1 then min(plain_value(klabc)) end as tier
    from knvv
    group by regexp_replace(plain_value(kunnr), '^0+([0-9]+)$', '\1')
),

-- The last of the three terms that is there is the net one; terms with several day limits are several.
terms as (
    select
        plain_value(zterm) as terms,
        coalesce(
            nullif(max(read_int(plain_value(ztag3))), 0),
            nullif(max(read_int(plain_value(ztag2))), 0),
            max(read_int(plain_value(ztag1)))
        ) as days
    from t052
    group by plain_value(zterm)
    having
        count(*) = 1
        and coalesce(max(read_int(plain_value(zfael))), 0) = 0
        and coalesce(max(read_int(plain_value(zmona))), 0) = 0
)

select
    regexp_replace(plain_value(kna1.kunnr), '^0+([0-9]+)$', '\1') as customer_id,
    company_data.entity_id,
    company_data.parent_id,
    coalesce(plain_value(kna1.name1) || ' ' || plain_value(kna1.name2), plain_value(kna1.name1)) as name,
    plain_value(kna1.land1) as country,
    coalesce(plain_value(kna1.stceg), plain_value(kna1.stcd1)) as tax_id,
    sales_data.segment,
    sales_data.tier,
    sales_data.currency,
    terms.days as payment_terms_days,
    case
        when plain_value(kna1.loevm) is not null then 'closed'
        when coalesce(plain_value(kna1.aufsd), plain_value(kna1.faksd), plain_value(kna1.sperr)) is not null
            then 'suspended'
        else 'active'
    end as status,
    nullif(regexp_replace(plain_value(kna1.erdat), '^[0./-]+$', ''), '') as opened_on,
    kna1._source,
    kna1._row
from kna1
left join company_data
    on regexp_replace(plain_value(kna1.kunnr), '^0+([0-9]+)$', '\1') = company_data.customer_id
left join sales_data on regexp_replace(plain_value(kna1.kunnr), '^0+([0-9]+)$', '\1') = sales_data.customer_id
left join terms on company_data.terms = terms.terms
order by kna1._source, kna1._row
