-- Numbers, amounts and document numbers as people write and read them.

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

-- A document number in small letters and digits alone; null where it has none. Most numbers hold no other sign than a
-- hyphen, and those are quicker to replace one by one.
create or replace macro bare_number(number) as nullif(
    case
        when regexp_matches(number, '^[A-Za-z0-9-]*$') then replace(lower(number), '-', '')
        else regexp_replace(lower(half_width(number)), '[^\p{L}\p{N}]+', '', 'g')
    end,
    ''
);

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

-- Whether one of two ways to write a number is one edit from one of the two ways to write another.
create or replace macro any_one_edit(numbers, others) as case
    when one_edit(numbers[1], others[1]) then true
    when one_edit(numbers[2], others[2]) then true
    when one_edit(numbers[1], others[2]) then true
    else coalesce(one_edit(numbers[2], others[1]), false)
end;

-- What two texts that are one edit apart have in common: all of either, or all but one of its characters; each once.
create or replace macro all_but_one(text) as list_distinct(
    list_transform(
        range(1, length(text) + 2), lambda place: substr(text, 1, place - 1) || substr(text, place + 1)
    )
);

-- Two texts that are one edit apart have one of these in common: the last three characters, where those are not edited,
-- or else all before the last four, of which the longer text has one more.
create or replace macro ends_of(text) as [
    right(text, 3), '<' || left(text, greatest(0, length(text) - 4)), '<' || left(text, greatest(0, length(text) - 3))
];

-- A number of 64 bits for two values, to find quickly what may be equal; only the values themselves say whether it is.
create or replace macro hash64(a, b) as hash(a, b);
