/*---
table: customers
what: >
  Whoever is billed: by the number that the seller gave them (BT-46 without a scheme), else an identifier with its
  scheme, electronic address, VAT number, legal registration, tax number, name. A number that two sellers gave to
  buyers of different names has the seller before it. Where documents differ, the first one speaks.
rows_of: documents
---*/
with clashing as (
    select buyer_number
    from documents
    group by buyer_number
    having count(distinct seller_id) > 1 and count(distinct lower(buyer_name)) > 1
),

named as (
    select
        documents.*,
        case
            when documents.buyer_number is null then documents.buyer_id
            when clashing.buyer_number is null then documents.buyer_number
            else documents.seller_id || '/' || documents.buyer_number
        end as customer_id
    from documents
    left join clashing on documents.buyer_number = clashing.buyer_number
),

seen as (
    select
        *,
        row_number() over (partition by customer_id order by _source, _row) as turn
    from named
    where customer_id is not null
)

select
    customer_id,
    seller_id as entity_id,
    coalesce(buyer_name, buyer_trading_name, customer_id) as name,
    buyer_country as country,
    buyer_vat as tax_id,
    'active' as status,
    _source,
    _row
from seen
where turn = 1
order by _source, _row
