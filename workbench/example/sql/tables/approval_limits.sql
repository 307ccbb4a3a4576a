select role, action, currency, money(most) as max_amount
from authority_limit
order by role, action, currency
