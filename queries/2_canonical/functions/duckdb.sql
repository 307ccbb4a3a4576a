-- The few functions that the controls share, as DuckDB macros. An auditor who runs a control by hand runs this
-- file first. Money is never divided and never a float.

-- Digits after the decimal point of a currency (ISO 4217).
create or replace macro minor_units(currency) as case
    when currency in (
        'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
        'XAF', 'XOF', 'XPF'
    ) then 0
    when currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 3
    when currency in ('CLF', 'UYW') then 4
    else 2
end;

-- The smallest amount of a currency: 1 JPY, 0.01 SGD, 0.001 KWD.
create or replace macro minor_unit(currency) as case minor_units(currency)
    when 0 then cast(1 as decimal(5, 4))
    when 3 then cast(0.001 as decimal(5, 4))
    when 4 then cast(0.0001 as decimal(5, 4))
    else cast(0.01 as decimal(5, 4))
end;

-- An amount in its currency's minor unit, half away from zero.
create or replace macro round_money(amount, currency) as case minor_units(currency)
    when 0 then cast(round(amount, 0) as decimal(38, 4))
    when 3 then cast(round(amount, 3) as decimal(38, 4))
    when 4 then cast(round(amount, 4) as decimal(38, 4))
    else cast(round(amount, 2) as decimal(38, 4))
end;

-- The same, cut off towards zero.
create or replace macro truncate_money(amount, currency) as case
    when abs(round_money(amount, currency)) > abs(amount)
        then round_money(amount, currency) - sign(amount) * minor_unit(currency)
    else round_money(amount, currency)
end;

-- The same, halves to the even neighbour. Only an exact half differs from round_money, and there the even
-- neighbour is the cut-off one when its last digit is even.
create or replace macro round_money_even(amount, currency) as case
    when
        2 * abs(amount - truncate_money(amount, currency)) = minor_unit(currency)
        and cast(abs(truncate_money(amount, currency)) * cast(10000 as decimal(5, 0)) as hugeint)
        // cast(minor_unit(currency) * 10000 as hugeint) % 2 = 0
        then truncate_money(amount, currency)
    else round_money(amount, currency)
end;

-- quantity x unit price, exact: decimal(37, 14) holds any quantity and any price of the schema.
create or replace macro times_price(quantity, unit_price) as
cast(quantity as decimal(19, 6)) * cast(unit_price as decimal(18, 8));

-- amount x rate, exact to twelve decimals.
create or replace macro times_rate(amount, rate) as
cast(amount as decimal(20, 4)) * cast(rate as decimal(18, 8));

-- Whole numbers behind portion: an amount in ten-thousandths, a part in millionths, both without their sign.
create or replace macro ten_thousandths(amount) as
abs(cast(cast(amount as decimal(22, 4)) * cast(10000 as decimal(5, 0)) as hugeint));
create or replace macro millionths(part) as
abs(cast(cast(part as decimal(24, 6)) * cast(1000000 as decimal(7, 0)) as hugeint));

-- product / divisor in ten-thousandths, cut off, in two steps because product * 10000 may pass 128 bits.
create or replace macro quotient(product, divisor) as
product // divisor * 10000 + product % divisor * 10000 // divisor;

-- amount x part / whole without a division of decimals: the quotient to eight decimals, and a ninth that is 1 when
-- something is left over, so that a rounding that follows never takes it for an exact half. Null when whole is 0.
-- The amount has up to four decimals, part and whole up to six.
create or replace macro portion(amount, part, whole) as
cast(sign(amount) * sign(part) * sign(whole) as decimal(1, 0)) * (
    cast(quotient(ten_thousandths(amount) * millionths(part), nullif(millionths(whole), 0)) as decimal(37, 0))
    * cast(0.00000001 as decimal(9, 8))
    + case
        when
            ten_thousandths(amount) * millionths(part) % nullif(millionths(whole), 0) * 10000
            % nullif(millionths(whole), 0) <> 0
            then cast(0.000000001 as decimal(10, 9))
        else cast(0 as decimal(10, 9))
    end
);

-- A document number without what people write differently: case, punctuation, leading zeros of each group of digits.
-- Two groups of digits stay apart, so that 1-12 is not 11-2.
create or replace macro plain_number(number) as regexp_replace(
    trim(
        regexp_replace(
            regexp_replace(
                regexp_replace(lower(number), '[^\p{L}\p{N}]+', '-', 'g'),
                '([^0-9-])-+', '\1', 'g'
            ),
            '-+([^0-9-])', '\1', 'g'
        ),
        '-'
    ),
    '(^|[^0-9])0+([0-9])', '\1\2', 'g'
);

-- Whole days from one date to another.
create or replace macro days_between(earlier, later) as date_diff('day', cast(earlier as date), cast(later as date));

-- A quantity or a price as people read it: no zeros behind the last digit that says something.
create or replace macro number_text(number) as
regexp_replace(regexp_replace(cast(number as varchar), '(\.[0-9]*?)0+$', '\1'), '\.$', '');

-- An amount as people read it in a reason: in the digits of its currency, all digits when it has more.
create or replace macro amount_text(amount, currency) as case
    when round_money(amount, currency) <> amount then number_text(amount)
    when minor_units(currency) = 0 then cast(cast(amount as decimal(38, 0)) as varchar)
    when minor_units(currency) = 3 then cast(cast(amount as decimal(38, 3)) as varchar)
    when minor_units(currency) = 4 then cast(cast(amount as decimal(38, 4)) as varchar)
    else cast(cast(amount as decimal(38, 2)) as varchar)
end;

-- Months from one day to the same day of a later month; 0 where a part of a month is left over. A day that the later
-- month lacks is its last one: 31 January to 28 February is one month.
create or replace macro whole_months(from_day, to_day) as case
    when
        extract(day from from_day) = extract(day from to_day)
        or (extract(day from to_day + 1) = 1 and extract(day from from_day) > extract(day from to_day))
        or (extract(day from from_day + 1) = 1 and extract(day from to_day) > extract(day from from_day))
        then
            12 * (extract(year from to_day) - extract(year from from_day))
            + extract(month from to_day) - extract(month from from_day)
    else 0
end;

-- Whether two numbers are one keystroke apart: a character more, less or other, or two neighbours swapped. The
-- engine's own distance counts bytes, which are characters in plain ASCII alone; a Chinese character has three.
create or replace macro one_edit(a, b) as case
    when strlen(a) = length(a) and strlen(b) = length(b) then damerau_levenshtein(a, b) = 1
    else a <> b and len(
        list_filter(
            range(1, greatest(length(a), length(b)) + 1),
            lambda place: substr(a, 1, place - 1) = substr(b, 1, place - 1)
            and (
                substr(a, place + 1) = substr(b, place + 1)
                or substr(a, place + 1) = substr(b, place)
                or substr(a, place) = substr(b, place + 1)
                or (
                    substr(a, place + 2) = substr(b, place + 2)
                    and substr(a, place, 1) = substr(b, place + 1, 1)
                    and substr(a, place + 1, 1) = substr(b, place, 1)
                )
            )
        )
    ) > 0
end;
