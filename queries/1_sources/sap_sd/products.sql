/*---
table: products
what: >
  Every material of MARA by MATNR without leading zeros, and those that orders, deliveries or billing name without
  their being in it. The name is the text of MAKT, English before German before the first of any other language, else
  the text of the first item. Services (material types DIEN and SERV) are not physical; of a material without a type
  nothing is known.
rows_of: vbrp
---*/
with texts as (
    select
        regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1') as product_id,
        plain_value(maktx) as name,
        row_number() over (
            partition by regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1')
            order by
                case
                    when upper(plain_value(spras)) in ('E', 'EN') then 0
                    when upper(plain_value(spras)) in ('D', 'DE') then 1
                    else 2
                end,
                spras,
                _source,
                _row
        ) as turn
    from makt
    where plain_value(maktx) is not null
),

named as (
    select
        0 as place,
        matnr,
        null as text,
        meins,
        matkl,
        mtart,
        _source,
        _row
    from mara
    union all
    select
        1 as place,
        matnr,
        arktx as text,
        vrkme as meins,
        null as matkl,
        null as mtart,
        _source,
        _row
    from vbrp
    union all
    select
        2 as place,
        matnr,
        arktx as text,
        vrkme as meins,
        null as matkl,
        null as mtart,
        _source,
        _row
    from vbap
    union all
    select
        3 as place,
        matnr,
        arktx as text,
        vrkme as meins,
        null as matkl,
        null as mtart,
        _source,
        _row
    from lips
),

ranked as (
    select
        regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1') as product_id,
        first_value(plain_value(text)) over (
            partition by regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1')
            order by case when plain_value(text) is null then 1 else 0 end, place, _source, _row
        ) as text,
        plain_value(meins) as unit,
        plain_value(matkl) as family,
        upper(plain_value(mtart)) as material_type,
        place,
        _source,
        _row,
        row_number() over (
            partition by regexp_replace(plain_value(matnr), '^0+([0-9]+)$', '\1') order by place, _source, _row
        ) as turn
    from named
)

select
    ranked.product_id,
    coalesce(texts.name, ranked.text, ranked.product_id) as name,
    ranked.family,
    ranked.unit,
    case
        when ranked.material_type in ('DIEN', 'SERV') then 'false'
        when ranked.material_type is not null then 'true'
    end as is_physical,
    ranked._source,
    ranked._row
from ranked
left join texts on ranked.product_id = texts.product_id and texts.turn = 1
where ranked.place = 0 or (ranked.turn = 1 and ranked.product_id is not null)
order by ranked._source, ranked._row
