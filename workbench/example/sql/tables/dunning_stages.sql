select stage, days_overdue, money(entity.authority // steps) as min_amount, entity.currency, action
from entity
cross join (values (1, 7, 200, 'remind'), (2, 30, 100, 'call'), (3, 240, 20, 'suspend'), (4, 300, 10, 'collect')) as step (stage, days_overdue, steps, action)
order by entity.entity_no, stage
