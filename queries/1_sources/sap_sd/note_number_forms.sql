/*---
note: Exports none of whose numbers shows its decimal sign, nor does any amount of VBRK and VBRP; a point was taken
---*/
with numbers as (
    select
        'vbrk' as subject,
        netwr as number
    from vbrk
    union all
    select
        'vbrk' as subject,
        mwsbk as number
    from vbrk
    union all
    select
        'vbrk' as subject,
        kurrf as number
    from vbrk
    union all
    select
        'vbrp' as subject,
        netwr as number
    from vbrp
    union all
    select
        'vbrp' as subject,
        mwsbp as number
    from vbrp
    union all
    select
        'vbrp' as subject,
        fkimg as number
    from vbrp
    union all
    select
        'vbrp' as subject,
        kursk as number
    from vbrp
    union all
    select
        'vbap' as subject,
        netwr as number
    from vbap
    union all
    select
        'vbap' as subject,
        kwmeng as number
    from vbap
    union all
    select
        'vbap' as subject,
        netpr as number
    from vbap
    union all
    select
        'vbap' as subject,
        mwsbp as number
    from vbap
    union all
    select
        'likp' as subject,
        btgew as number
    from likp
    union all
    select
        'likp' as subject,
        volum as number
    from likp
    union all
    select
        'lips' as subject,
        lfimg as number
    from lips
    union all
    select
        'lips' as subject,
        lgmng as number
    from lips
    union all
    select
        'lips' as subject,
        ntgew as number
    from lips
    union all
    select
        'bsid_bsad' as subject,
        wrbtr as number
    from bsid_bsad
    union all
    select
        'bsid_bsad' as subject,
        dmbtr as number
    from bsid_bsad
    union all
    select
        'bsid_bsad' as subject,
        wskto as number
    from bsid_bsad
    union all
    select
        'bseg' as subject,
        wrbtr as number
    from bseg
    union all
    select
        'bseg' as subject,
        dmbtr as number
    from bseg
),

read_both_ways as (
    select
        subject,
        plain_value(number) as number,
        number_with_point(number) as with_point,
        number_with_comma(number) as with_comma
    from numbers
    where plain_value(number) is not null
),

signs as (
    select
        subject,
        sum(case when with_comma is null then 1 when with_point is null then -1 else 0 end) as own_sign,
        count(case when with_point <> with_comma then 1 end) as unclear,
        min(case when with_point <> with_comma then number end) as example
    from read_both_ways
    where with_comma is not null or with_point is not null
    group by subject
),

of_billing as (
    select coalesce(sum(own_sign), 0) as sign
    from signs
    where subject in ('vbrk', 'vbrp')
)

select
    signs.subject,
    cast(signs.unclear as varchar) || ' numbers may be thousands or fractions, such as ' || signs.example as note
from signs
cross join of_billing
where
    signs.unclear > 0
    and signs.own_sign = 0
    and of_billing.sign = 0
order by signs.subject
