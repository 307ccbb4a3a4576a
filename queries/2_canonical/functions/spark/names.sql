-- How alike two texts are. Spark has no such measure: the engine brings jaro_winkler (workbench/engine/similarity.py).

create or replace macro alike(a, b) as jaro_winkler(a, b);

-- What alike names have in common, as in DuckDB's text: Spark's functions of lists have other names.
create or replace macro apart_at(step) as
element_at(array(1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512), step);

create or replace macro letter_bags(plain, wanted) as transform(
    filter(
        sequence(1, 18),
        step -> apart_at(step) >= floor(
            length(plain) * (1.5 - 1.5 * (cast(wanted as double) - 0.1) / 0.9)
            * (3 * (cast(wanted as double) - 0.1) / 0.9 - 1) - 0.00001
        )
        and case when step = 1 then -1 else apart_at(greatest(1, step - 1)) end < floor(
            length(plain) / greatest(0.01, 3 * (cast(wanted as double) - 0.1) / 0.9 - 2) - length(plain) + 0.00001
        )
    ),
    step -> transform(
        sequence(0, apart_at(step) + 1),
        place -> array_join(
            filter(array_sort(split(plain, '')), letter -> ascii(letter) % (apart_at(step) + 2) = place), ''
        )
    )
);

create or replace macro likeness_keys(plain, bags, wanted) as case
    when cast(wanted as double) < 0.75 then array('all')
    else array_append(
        flatten(
            transform(
                bags,
                dealt -> transform(
                    filter(
                        sequence(0, size(dealt) * size(dealt) - 1),
                        two -> cast(floor(two / size(dealt)) as int) < two % size(dealt)
                    ),
                    two -> concat_ws(
                        ' ', cast(size(dealt) as string), cast(two as string),
                        element_at(dealt, cast(floor(two / size(dealt)) as int) + 1),
                        element_at(dealt, two % size(dealt) + 1)
                    )
                )
            )
        ),
        concat('begins ', substr(plain, 1, 2))
    )
end;

-- Nothing is told by bits here, only by how many letters there are.
create or replace macro letter_bits(plain) as 0;

create or replace macro may_be_alike(bits, letters, other_bits, other_letters, wanted) as
abs(letters - other_letters) * (letters + other_letters) <= 0.00001
+ (1.5 - 1.5 * (cast(wanted as double) - 0.4) / 0.6) * (letters + other_letters) * (letters + other_letters)
+ (1.5 * (cast(wanted as double) - 0.4) / 0.6 - 0.5) * (letters - other_letters) * (letters - other_letters);
