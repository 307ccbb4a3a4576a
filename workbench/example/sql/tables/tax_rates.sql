select tax_code, country, rate_of(rate) as rate, on_day(starts) as valid_from, on_day(ends) as valid_to
from tax_rate
order by tax_code, country, starts
