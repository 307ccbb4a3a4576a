select
    product_key(product_no) as product_id,
    name,
    family,
    unit,
    case when is_zero_rated then 'zero' else 'standard' end as tax_category,
    is_physical,
    is_offline
from product
order by product_no
