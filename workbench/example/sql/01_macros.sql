-- Integer arithmetic of the example company. Amounts and prices are whole numbers of 0.0001 of a currency, quantities
-- of invoice lines are thousandths, days are counted from 2024-01-01, so that every machine computes the same.
create macro fifth_power(x) as (((x * x) % 2147483647) * ((x * x) % 2147483647) % 2147483647) * x % 2147483647;

-- A number in 0 .. 2147483646 that depends on nothing but the key, the purpose (salt) and the company's seed.
-- The fifth power is a permutation modulo the prime 2^31 - 1.
create macro mix(key, salt) as fifth_power(
    ((cast(key as bigint) % 2147483647) * 1103515245 + cast(salt as bigint) * 12820163 + getvariable('seed') * 69069 + 12345) % 2147483647
);

-- amount / divisor to the unit, half away from zero.
create macro to_unit(amount, divisor, unit) as
sign(amount) * ((2 * abs(amount) + divisor * unit) // (2 * divisor * unit)) * unit;

-- The same, halves to the even neighbour.
create macro to_even_unit(amount, divisor, unit) as sign(amount) * unit * (
    abs(amount) // (divisor * unit) + case
        when 2 * (abs(amount) % (divisor * unit)) > divisor * unit then 1
        when 2 * (abs(amount) % (divisor * unit)) = divisor * unit then abs(amount) // (divisor * unit) % 2
        else 0
    end
);

create macro money(amount) as
cast(cast(amount as decimal(18, 0)) * cast(0.0001 as decimal(5, 4)) as decimal(18, 4));
create macro price_of(amount) as cast(money(amount) as decimal(18, 8));
create macro thousandths(quantity) as
cast(cast(quantity as decimal(15, 0)) * cast(0.001 as decimal(4, 3)) as decimal(18, 6));
create macro whole(quantity) as cast(cast(quantity as decimal(12, 0)) as decimal(18, 6));
create macro rate_of(rate) as cast(money(rate) as decimal(18, 8));

create macro on_day(day) as date '2024-01-01' + cast(day as integer);
create macro at_second(day, second) as cast(on_day(day) as timestamp) + to_seconds(cast(second as bigint));

create macro padded(prefix, number, width) as prefix || lpad(cast(number as varchar), width, '0');
create macro customer_key(number) as padded('C', number, 6);
create macro product_key(number) as padded('P', number, 5);
create macro order_key(number) as padded('O', number, 8);
create macro order_line_key(number) as padded('OL', number, 9);
create macro delivery_key(number) as padded('D', number, 11);
create macro delivery_line_key(number) as padded('DL', number, 12);
create macro contract_key(number) as padded('K', number, 7);
create macro contract_line_key(number) as padded('KL', number, 8);
create macro invoice_key(number) as padded('I', number, 11);
create macro invoice_line_key(document, line) as padded('L', document * 100 + line, 13);
create macro receipt_key(number) as padded('R', number, 12);
create macro voucher_key(number) as padded('V', number, 3);
