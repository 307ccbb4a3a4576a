/*---
query: products_named
what: Products by their product_id.
---*/
select *
from products
where product_id in (select unnest(cast($ids as varchar[])))
