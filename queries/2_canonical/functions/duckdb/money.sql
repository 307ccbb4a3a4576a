-- Money in its currency, as DuckDB macros. An auditor who runs a control by hand runs the files of this folder
-- first. Money is never divided and never a float.

-- Whether a currency is one of some codes of three letters each. The codes stand in one text because a list of them is
-- planned anew wherever the function is named, which took longer than the query.
create or replace macro is_one_of(currency, codes) as
contains(codes, cast(currency as varchar)) and length(currency) = 3;

-- Digits after the decimal point of a currency (ISO 4217).
create or replace macro minor_units(currency) as case
    when is_one_of(currency, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF') then 0
    when is_one_of(currency, 'BHD IQD JOD KWD LYD OMR TND') then 3
    when is_one_of(currency, 'CLF UYW') then 4
    else 2
end;

-- The smallest amount of a currency: 1 JPY, 0.01 SGD, 0.001 KWD.
create or replace macro minor_unit(currency) as case minor_units(currency)
    when 0 then cast(1 as decimal(5, 4))
    when 3 then cast(0.001 as decimal(5, 4))
    when 4 then cast(0.0001 as decimal(5, 4))
    else cast(0.01 as decimal(5, 4))
end;

-- The digits that an amount needs after the decimal point: 0, 2, 3 or 4, as currencies have them.
create or replace macro decimals_of(amount) as case
    when amount % 1 = 0 then 0
    when amount % 0.01 = 0 then 2
    when amount % 0.001 = 0 then 3
    when amount is not null then 4
end;

-- An amount in its currency's minor unit, half away from zero. The codes are those of minor_units, which would be
-- asked once for each of its answers.
create or replace macro round_money(amount, currency) as case
    when is_one_of(currency, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')
        then cast(round(amount, 0) as decimal(38, 4))
    when is_one_of(currency, 'BHD IQD JOD KWD LYD OMR TND') then cast(round(amount, 3) as decimal(38, 4))
    when is_one_of(currency, 'CLF UYW') then cast(round(amount, 4) as decimal(38, 4))
    else cast(round(amount, 2) as decimal(38, 4))
end;

-- Whether an amount is another one as round_money rounds it: the same answer without dividing, which is dear. `half` is
-- half of the smallest amount.
create or replace macro is_nearest(stated, exact_amount, half) as
(exact_amount > stated - half and exact_amount < stated + half) or exact_amount = stated - sign(stated) * half;
create or replace macro is_rounded(stated, exact_amount, currency) as case
    when exact_amount is null then null
    when is_one_of(currency, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')
        then stated % 1 = 0 and is_nearest(stated, exact_amount, 0.5)
    when is_one_of(currency, 'BHD IQD JOD KWD LYD OMR TND')
        then stated % 0.001 = 0 and is_nearest(stated, exact_amount, 0.0005)
    when is_one_of(currency, 'CLF UYW') then stated % 0.0001 = 0 and is_nearest(stated, exact_amount, 0.00005)
    else stated % 0.01 = 0 and is_nearest(stated, exact_amount, 0.005)
end;

-- An amount in its currency's minor unit, cut off towards zero.
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

-- The same, halves toward plus infinity, as EN 16931 rounds: only an exact half below zero differs from round_money.
create or replace macro round_money_upward(amount, currency) as case
    when amount < 0 and 2 * abs(amount - truncate_money(amount, currency)) = minor_unit(currency)
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

-- Which other way of rounding gives a stated amount, in words; null where none does, or where ours does.
create or replace macro other_rounding(exact_amount, stated, currency) as case
    when stated = round_money(exact_amount, currency) then null
    when stated = round_money_upward(exact_amount, currency) then 'halves toward plus infinity'
    when stated = round_money_even(exact_amount, currency) then 'halves to even'
    when stated = truncate_money(exact_amount, currency) then 'cut off'
    when
        exact_amount <> truncate_money(exact_amount, currency)
        and stated = truncate_money(exact_amount, currency) + sign(exact_amount) * minor_unit(currency)
        then 'rounded up'
end;
