select padded('T', partner_no, 2) as partner_id, name, kind, currency, date '2022-03-01' as bank_changed_on
from partner
order by partner_no
