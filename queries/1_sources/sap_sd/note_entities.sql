/*---
note: Company codes without a row in T001; name, country or currency were guessed
---*/
select
    entity_id as subject,
    'country ' || country || ', currency ' || currency as note
from loaded_entities
where
    entity_id not in (
        select plain_value(bukrs)
        from t001
        where plain_value(bukrs) is not null and plain_value(land1) is not null and plain_value(waers) is not null
    )
order by entity_id
