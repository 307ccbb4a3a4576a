-- What a service costs for some of its days. Billing periods are calendar months, quarters or years from the billing
-- day on; a billing day that a month lacks is its last one. Shares of a period are whole numbers over whole numbers:
-- 377580 is the smallest number that 28, 29, 30 and 31 divide, so the days of any month are whole parts of it.

-- Months since the year 0.
create or replace macro month_number(day) as 12 * extract(year from day) + extract(month from day) - 1;

-- The billing day of a month given by its number.
create or replace macro billing_day_of(month_no, billing_day) as
make_date(month_no // 12, month_no % 12 + 1, 1)
+ cast(
    least(billing_day, extract(day from last_day(make_date(month_no // 12, month_no % 12 + 1, 1)))) - 1 as integer
);

-- The number of the month in which the billing period that holds a day begins.
create or replace macro billing_month(day, months_in_period, billing_day) as
month_number(day)
- case when extract(day from day) < least(billing_day, extract(day from last_day(day))) then 1 else 0 end
- (
    month_number(day)
    - case when extract(day from day) < least(billing_day, extract(day from last_day(day))) then 1 else 0 end
) % months_in_period;

-- First day of the billing period that holds a day, and the first day after it.
create or replace macro period_start(day, months_in_period, billing_day) as
billing_day_of(billing_month(day, months_in_period, billing_day), billing_day);
create or replace macro period_end(day, months_in_period, billing_day) as
billing_day_of(billing_month(day, months_in_period, billing_day) + months_in_period, billing_day);

-- Whole months from one day on that have passed by another, and the days left over.
create or replace macro months_passed(from_day, to_day) as
month_number(to_day) - month_number(from_day)
- case
    when add_months_to(from_day, cast(month_number(to_day) - month_number(from_day) as integer)) > to_day then 1
    else 0
end;
create or replace macro odd_days(from_day, to_day) as
days_between(add_months_to(from_day, cast(months_passed(from_day, to_day) as integer)), to_day);

-- Where a day stands in time, in parts of a month: 377580 parts by the calendar, 30 parts where the 31st counts as the
-- 30th.
create or replace macro calendar_place(day) as
377580 * month_number(day) + (extract(day from day) - 1) * (377580 // extract(day from last_day(day)));
create or replace macro place_of_30(day) as
30 * month_number(day) + least(extract(day from day), 30);

-- Days inside one billing period as a share of its price: share_part of share_whole, both whole numbers.
create or replace macro share_whole(proration, start_day, end_day, months_in_period) as case proration
    when 'period' then days_between(start_day, end_day)
    when 'none' then 1
    else 377580 * months_in_period
end;
create or replace macro share_part(from_day, to_day, proration, start_day, end_day, months_in_period) as case
    when from_day = start_day and to_day = end_day then share_whole(proration, start_day, end_day, months_in_period)
    when from_day >= to_day then 0
    when proration = 'thirty' then 12586 * (30 * months_passed(from_day, to_day) + odd_days(from_day, to_day))
    when proration = 'thirty_360' then 12586 * (place_of_30(to_day) - place_of_30(from_day))
    when proration = 'period' then days_between(from_day, to_day)
    when proration = 'none' then 1
    else calendar_place(to_day) - calendar_place(from_day)
end;

-- Whole numbers behind price_share: a price in hundred-trillionths without its sign, which is exact for any quantity
-- times any price; its integer part and the rest one by one, because together they may pass 38 digits.
create or replace macro hundred_trillionths(price) as
cast(floor(abs(cast(price as decimal(38, 14)))) as hugeint) * 100000000000000
+ cast(
    cast(abs(cast(price as decimal(38, 14))) - floor(abs(cast(price as decimal(38, 14)))) as decimal(22, 14))
    * cast(100000000000000 as decimal(15, 0)) as hugeint
);

-- price x part / whole to eight decimals, and a ninth that is 1 when something is left over, so that the one rounding
-- that follows never takes it for an exact half. Part and whole are whole numbers; null when whole is 0.
create or replace macro price_share(price, part, whole) as
sign(price) * (
    cast(
        hundred_trillionths(price) // nullif(cast(whole as hugeint) * 1000000, 0) * cast(part as hugeint)
        + hundred_trillionths(price) % nullif(cast(whole as hugeint) * 1000000, 0) * cast(part as hugeint)
        // nullif(cast(whole as hugeint) * 1000000, 0) as decimal(37, 0)
    )
    * cast(0.00000001 as decimal(9, 8))
    + case
        when
            hundred_trillionths(price) % nullif(cast(whole as hugeint) * 1000000, 0) * cast(part as hugeint)
            % nullif(cast(whole as hugeint) * 1000000, 0) <> 0
            then cast(0.000000001 as decimal(10, 9))
        else cast(0 as decimal(10, 9))
    end
);

-- Whole billing periods between the end of one and the start of another.
create or replace macro periods_between(first_end, last_start, months_in_period) as
(month_number(last_start) - month_number(first_end)) // months_in_period;

-- What share of the price of a recurring charge the days [from_day, to_day) cost by a proration: part of the first
-- billing period, whole periods, part of the last; charge_part of charge_whole, whole numbers. Only by days of the
-- billing period do the shares of two periods have two denominators.
create or replace macro charge_whole(
    from_day, to_day, proration, months_in_period, first_start, first_end, last_start, last_end
) as share_whole(proration, first_start, first_end, months_in_period)
* case
    when proration = 'period' and from_day < to_day and to_day > first_end then days_between(last_start, last_end)
    else 1
end;
create or replace macro charge_part(
    from_day, to_day, proration, months_in_period, first_start, first_end, last_start, last_end
) as case
    when from_day >= to_day then 0
    when to_day <= first_end
        then share_part(from_day, to_day, proration, first_start, first_end, months_in_period)
    when proration = 'period'
        then
            days_between(from_day, first_end) * days_between(last_start, last_end)
            + days_between(last_start, to_day) * days_between(first_start, first_end)
            + periods_between(first_end, last_start, months_in_period)
            * days_between(first_start, first_end) * days_between(last_start, last_end)
    else
        share_part(from_day, first_end, proration, first_start, first_end, months_in_period)
        + share_part(last_start, to_day, proration, last_start, last_end, months_in_period)
        + periods_between(first_end, last_start, months_in_period)
        * share_whole(proration, first_start, first_end, months_in_period)
end;

-- What the days [from_day, to_day) of a recurring charge cost by a proration. The first and the last period are those
-- that hold from_day and to_day; the result is not rounded yet. All arguments are best columns: what is computed in
-- their place is computed for every place where they stand.
create or replace macro charge_for(
    price, from_day, to_day, proration, months_in_period, first_start, first_end, last_start, last_end
) as price_share(
    price,
    charge_part(from_day, to_day, proration, months_in_period, first_start, first_end, last_start, last_end),
    charge_whole(from_day, to_day, proration, months_in_period, first_start, first_end, last_start, last_end)
);

-- Started packages of a quantity, one where no quantity is said; null without a size.
create or replace macro packages(quantity, package_size) as
cast(
    case
        when quantity < 0 then -(millionths(quantity) // nullif(millionths(package_size), 0))
        else
            (millionths(coalesce(quantity, 1)) + millionths(package_size) - 1) // nullif(millionths(package_size), 0)
    end as decimal(19, 6)
);

-- A percentage of a price; exact where the percentage has no more than four decimals and the price no more than eight.
create or replace macro percent_of(price, percent) as
cast(price as decimal(30, 8)) * cast(percent * cast(0.01 as decimal(3, 2)) as decimal(8, 6));

-- What a quantity costs by the step of price_steps that holds it, exact.
create or replace macro price_by_step(quantity, base_quantity, base_amount, unit_price, package_size) as case
    when package_size is not null then times_price(packages(quantity, package_size), unit_price)
    else base_amount + times_price(quantity - base_quantity, unit_price)
end;

-- Why a step of price_steps gives no price, in words.
create or replace macro price_missing(tiers, unit_price) as case
    when tiers = 0 then 'no price tier holds it'
    when tiers > 1 then 'more than one price tier holds it'
    when unit_price is not null and tiers = 1 then 'the price tiers below it have a gap or an overlap'
    else 'no price is agreed'
end;
