-- Money where DuckDB's text has no equal on Spark: a quotient of whole numbers of more than 64 bits. Dividing what
-- leaves no remainder by at most twenty digits is exact in 28 digits.

create or replace macro quotient(product, divisor) as
cast((product - product % divisor) / cast(divisor as decimal(20, 0)) as decimal(38, 0)) * 10000
+ cast(
    (product % divisor * 10000 - product % divisor * 10000 % divisor)
    / cast(divisor as decimal(20, 0)) as decimal(38, 0)
);
