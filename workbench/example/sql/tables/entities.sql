select entity_id, name, country, currency
from entity
order by entity_no
