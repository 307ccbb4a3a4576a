-- What a recurring charge owes for each stretch of active days within a billing period: whole periods at the price,
-- parts by the contract's convention.
create table stretch as
with overlapping as (
    select
        charge.*,
        period.month_no,
        period.starts as period_starts,
        period.ends as period_ends,
        pause.paused_from,
        pause.paused_to
    from charge
    inner join billing_period as period
        on
            charge.months = period.months
            and charge.billing_day = period.billing_day
            and period.starts < charge.active_to
            and period.ends > charge.active_from
    left join pause on charge.contract_line = pause.contract_line
    where not charge.is_usage and period.starts <= getvariable('last_day')
),

cut as (
    select
        *,
        0 as piece,
        greatest(period_starts, active_from) as used_from,
        least(period_ends, active_to, coalesce(paused_from, 99999)) as used_to
    from overlapping
    union all
    select
        *,
        1 as piece,
        greatest(period_starts, active_from, paused_to) as used_from,
        least(period_ends, active_to) as used_to
    from overlapping
    where paused_to is not null
),

measured as (
    select
        cut.*,
        quantity * unit_price // months as monthly,
        used_from = period_starts and used_to = period_ends as is_whole,
        opening.month_start + opening.days_in_month - used_from as opening_days,
        opening.days_in_month as opening_length,
        used_to - closing.month_start as closing_days,
        closing.days_in_month as closing_length,
        closing.month_no - opening.month_no as months_apart,
        date_sub('month', opening.date, on_day(used_to)) as whole_months,
        360 * (ending.year - opening.year) + 30 * (ending.month - opening.month)
        + least(30, ending.day_of_month) - least(30, opening.day_of_month) as days_of_360
    from cut
    inner join calendar as opening on cut.used_from = opening.day
    inner join calendar as closing on cut.used_to - 1 = closing.day
    inner join calendar as ending on cut.used_to = ending.day
    where cut.used_from < cut.used_to
)

select
    contract_no,
    contract_line,
    customer_no,
    entity_no,
    unit,
    country,
    product_no,
    timing,
    terms,
    month_no,
    period_starts,
    period_ends,
    piece,
    used_from,
    used_to,
    is_whole,
    quantity,
    unit_price,
    case
        when is_whole or proration = 'none' then quantity * unit_price
        when proration = 'actual' and months_apart = 0 then to_unit(monthly * (used_to - used_from), opening_length, unit)
        when proration = 'actual'
            then to_unit(
                monthly * (
                    opening_days * closing_length + closing_days * opening_length
                    + (months_apart - 1) * opening_length * closing_length
                ),
                opening_length * closing_length,
                unit
            )
        when proration = 'thirty'
            then to_unit(
                monthly * (
                    30 * whole_months + date_diff('day', on_day(used_from) + to_months(cast(whole_months as integer)), on_day(used_to))
                ),
                30,
                unit
            )
        when proration = 'thirty_360' then to_unit(monthly * days_of_360, 30, unit)
        else to_unit(quantity * unit_price * (used_to - used_from), period_ends - period_starts, unit)
    end as amount,
    10000000000 + contract_no * 64 + month_no + 12 as doc
from measured;
