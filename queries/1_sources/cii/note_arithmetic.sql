/*---
note: Arithmetic of the documents that is not exact
---*/
-- Exact is to the currency's minor unit. Peppol lets an amount be off by 0.02. The official validator rounds a sum to
-- two decimals, lets the tax of a rate be off by less than 1.00, and does not multiply lines out.
with failing as (
    select
        substr(what, 1, 6) as what,
        subject,
        currency,
        stated,
        found,
        coalesce(abs(stated - found) > cast(0.02 as decimal(3, 2)), true) as is_beyond_peppol,
        case substr(what, 1, 6)
            when 'BT-117' then coalesce(abs(stated - found) >= 1, true)
            when 'BT-131' then false
            else coalesce(stated <> round(found, 2), true)
        end as is_beyond_validator
    from ties
    where coalesce(stated <> found, true)
)

select
    what as subject,
    cast(count(*) as varchar) || ' not exact, '
    || cast(sum(case when is_beyond_peppol then 1 else 0 end) as varchar) || ' beyond the 0.02 of Peppol, '
    || cast(sum(case when is_beyond_validator then 1 else 0 end) as varchar) || ' fail the official validator' as note
from failing
group by what
order by what
