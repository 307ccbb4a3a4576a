-- Text where DuckDB's text has no equal on Spark, which counts characters where DuckDB's distance counts bytes.

create or replace macro one_edit(a, b) as
a <> b and size(
    filter(
        sequence(1, greatest(length(a), length(b))),
        place -> substr(a, 1, place - 1) = substr(b, 1, place - 1)
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
) > 0;

create or replace macro any_one_edit(numbers, others) as
size(filter(numbers, number -> size(filter(others, other -> one_edit(number, other))) > 0)) > 0;

create or replace macro hash64(a, b) as xxhash64(a, b);
