-- How people and programs write numbers and dates otherwise than YYYY-MM-DD and 1234.56: each form as that text, or
-- null where a value is not written so. Which form a column has is decided once for the whole column, never by row.

-- A number without what stands around its digits: blanks, a currency's sign, brackets, a minus behind it or a triangle
-- before it for less than nothing, full-width digits.
create or replace macro bare_number(value) as regexp_replace(
    regexp_replace(
        regexp_replace(
            translate(value, '０１２３４５６７８９．，－−△▲＋（）￥　' || chr(160) || chr(8239), '0123456789.,----+()¥   '),
            '[ ¥$€£]', '', 'g'
        ),
        '^\(([^()+-]*)\)$', '-\1'
    ),
    '^([^+-].*)-$', '-\1'
);

-- 1,234.56 or 1'234.56, with or without its thousands; 12,34,567.89 as India writes it.
create or replace macro number_with_point(value) as case
    when
        regexp_full_match(
            bare_number(value),
            '[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}|[0-9]{1,3}(''[0-9]{3})+)?(\.[0-9]*)?'
        )
        and regexp_matches(value, '[0-9０-９]')
        then replace(replace(bare_number(value), ',', ''), '''', '')
end;

-- 1.234,56 or 1'234,56, with or without its thousands.
create or replace macro number_with_comma(value) as case
    when
        regexp_full_match(
            bare_number(value), '[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+|[0-9]{1,3}(''[0-9]{3})+)?(,[0-9]*)?'
        )
        and regexp_matches(value, '[0-9０-９]')
        then replace(replace(replace(bare_number(value), '.', ''), '''', ''), ',', '.')
end;

-- A moment by a form of strptime, the day alone or the day and the time; a year of two digits is none of four.
create or replace macro moment_by_form(value, form) as coalesce(
    try_strptime(value, form),
    try_strptime(value, form || ' %H:%M:%S'),
    try_strptime(value, form || ' %H:%M'),
    try_strptime(value, form || 'T%H:%M:%S'),
    try_strptime(value, form || ' %I:%M:%S %p'),
    try_strptime(value, form || ' %I:%M %p')
);

create or replace macro day_by_form(value, form) as case
    when moment_by_form(value, form) >= timestamp '1900-01-01' then cast(moment_by_form(value, form) as varchar)
end;

-- The number of a day as spreadsheets count them (1 is 1 January 1900, and 60 a day that never was), its fraction the
-- time of the day to the second.
create or replace macro day_by_serial(value) as case
    when regexp_full_match(value, '[2-7][0-9]{4}(\.0*)?')
        then cast(date '1899-12-30' + cast(split_part(value, '.', 1) as integer) as varchar)
    when regexp_full_match(value, '[2-7][0-9]{4}\.[0-9]+')
        then
            cast(
                timestamp '1899-12-30'
                + to_seconds(cast(round(try_cast(value as decimal(38, 15)) * 86400, 0) as bigint)) as varchar
            )
end;
