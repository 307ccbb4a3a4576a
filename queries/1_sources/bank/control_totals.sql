/*---
tie_out: Control totals and record counts of BAI2 trailers
---*/
-- As the file writes them: minor units of whatever currency, added regardless of sign and currency.
select
    subject,
    what,
    null as currency,
    cast(stated as decimal(38, 4)) as stated,
    cast(found as decimal(38, 4)) as found
from trailers
