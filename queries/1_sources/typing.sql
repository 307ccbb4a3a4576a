-- How a text of an export becomes a typed value: exactly, or null. Nothing is rounded, nothing is guessed; what
-- comes out null although it holds something is rejected with its reason. An auditor who runs a mapping by hand
-- runs this file first.

-- A value without the blanks around it; nothing when only blanks are left. Most values have no blank at all, which is
-- seen in a quarter of the time that trimming takes.
create or replace macro plain_value(value) as case
    when contains(value, ' ') or contains(value, chr(9)) or contains(value, chr(10)) or contains(value, chr(13))
        then nullif(trim(value, ' ' || chr(9) || chr(10) || chr(13)), '')
    else nullif(value, '')
end;

-- A number in scientific notation, exact: few enough digits that decimal(38, 19) holds every one of them.
create or replace macro read_scientific(value) as case
    when
        regexp_full_match(value, '[+-]?([0-9]{1,15}(\.[0-9]{0,18})?|\.[0-9]{1,18})[eE]\+?0*[0-9]{1,2}')
        or regexp_full_match(value, '[+-]?([0-9]{1,15}(\.[0-9]{0,10})?|\.[0-9]{1,10})[eE]-0*[0-9]')
        then try_cast(value as decimal(38, 19))
    when regexp_full_match(value, '[+-]?0+(\.0*)?[eE][+-]?[0-9]{1,3}') then cast(0 as decimal(38, 19))
end;

-- money: at most 14 digits before the point and 4 behind it; zeros behind those are no digits.
create or replace macro read_money(value) as case
    when regexp_full_match(value, '[+-]?(0*[0-9]{1,14}(\.[0-9]{0,4}0*)?|0*\.[0-9]{1,4}0*)')
        then try_cast(value as decimal(18, 4))
    when try_cast(read_scientific(value) as decimal(18, 4)) = read_scientific(value)
        then try_cast(read_scientific(value) as decimal(18, 4))
end;

-- price and rate: 10 and 8.
create or replace macro read_price(value) as case
    when regexp_full_match(value, '[+-]?(0*[0-9]{1,10}(\.[0-9]{0,8}0*)?|0*\.[0-9]{1,8}0*)')
        then try_cast(value as decimal(18, 8))
    when try_cast(read_scientific(value) as decimal(18, 8)) = read_scientific(value)
        then try_cast(read_scientific(value) as decimal(18, 8))
end;

create or replace macro read_rate(value) as read_price(value);

-- quantity: 12 and 6.
create or replace macro read_quantity(value) as case
    when regexp_full_match(value, '[+-]?(0*[0-9]{1,12}(\.[0-9]{0,6}0*)?|0*\.[0-9]{1,6}0*)')
        then try_cast(value as decimal(18, 6))
    when try_cast(read_scientific(value) as decimal(18, 6)) = read_scientific(value)
        then try_cast(read_scientific(value) as decimal(18, 6))
end;

-- A whole number; 12.0 is one, 12.5 is none.
create or replace macro read_int(value) as case
    when regexp_full_match(value, '[+-]?0*[0-9]{1,19}(\.0*)?')
        then try_cast(split_part(value, '.', 1) as bigint)
    when try_cast(read_scientific(value) as decimal(19, 0)) = read_scientific(value)
        then try_cast(read_scientific(value) as bigint)
end;

-- A date YYYY-MM-DD of the years 1 to 9999, alone or at midnight.
create or replace macro read_date(value) as case
    when
        value >= '0001'
        and regexp_full_match(
            value,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?)?'
        )
        then try_cast(substr(value, 1, 10) as date)
end;

-- A moment as UTC: one that names no zone is taken for UTC. A clock is kept to the microsecond.
create or replace macro read_time(value) as case
    when
        value >= '0001'
        and regexp_full_match(
            value,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?'
            || '(Z| ?UTC|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)?)?'
        )
        and try_cast(value as timestamptz) >= timestamptz '0001-01-01 00:00:00+00'
        and try_cast(value as timestamptz) < timestamptz '10000-01-01 00:00:00+00'
        then cast(try_cast(value as timestamptz) at time zone 'UTC' as timestamp)
end;

create or replace macro read_bool(value) as case
    when lower(value) in ('true', 't', 'yes', 'y', '1') then true
    when lower(value) in ('false', 'f', 'no', 'n', '0') then false
end;

create or replace macro read_id(value) as value;
create or replace macro read_text(value) as value;
