select
    contract_line_key(contract_line) as contract_line_id,
    whole(from_quantity) as from_quantity,
    whole(to_quantity) as to_quantity,
    price_of(unit_price) as unit_price,
    money(flat_fee) as flat_fee
from tier
order by contract_line, from_quantity
