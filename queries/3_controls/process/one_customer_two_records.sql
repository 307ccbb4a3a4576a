/*---
id: PRO-03
title: One customer, two records
severity: medium
grain: customer_id (the later)
subject: customers
examines: customers
needs:
  customers: [customer_id, name]
uses:
  customers: [entity_id, parent_id, country, tax_id, opened_on]
parameters:
  alike: {default: '0.92', unit: similarity from 0 to 1, why: one slip of the keyboard in a name of five letters}
  words_alike: {default: '0.65', unit: similarity from 0 to 1, why: a common word does not make two customers one}
suppressions:
  one_family: one is the parent of the other
why: >
  Two records of one customer have two credit limits, two price agreements and two dunning histories.
next_step: Ask the account owner whether they are one; merge them, or make one the parent of the other.
---*/
with records as (
    select
        customer_id,
        min(entity_id) as entity_id,
        min(parent_id) as parent_id,
        min(name) as name,
        coalesce(min(country), '') as country,
        min(plain_tax_id(tax_id)) as tax_number,
        min(opened_on) as opened_on,
        plain_name(min(name)) as plain
    from customers
    where coalesce(opened_on <= $as_of, true)
    group by customer_id
),

ordered as (
    select
        *,
        row_number() over (order by coalesce(opened_on, date '9999-12-31'), length(customer_id), customer_id) as turn
    from records
),

-- In a group of equals each is set beside the first and the one before it: a name may come ten thousand times.
by_tax as (
    select
        turn,
        min(turn) over (partition by tax_number) as first_turn,
        lag(turn) over (partition by tax_number order by turn) as last_turn
    from ordered
    where tax_number is not null
),

-- A name of digits alone, or of none, says nothing. Names with different numbers are different branches.
named as (
    select
        turn,
        country,
        plain,
        min(turn) over (partition by country, plain) as first_turn,
        lag(turn) over (partition by country, plain order by turn) as last_turn
    from ordered
    where words_in(plain) <> ''
),

-- Each name once, and by a GROUP BY: its groups are read side by side where a small table is not.
names as (
    select
        country,
        plain,
        min(turn) as first_turn,
        numbers_in(plain) as numbers,
        length(plain) as letters,
        letter_bits(plain) as bits,
        likeness_keys(plain, letter_bags(plain, $alike), $alike) as keys
    from named
    group by country, plain
),

keys as (
    select
        country,
        numbers,
        first_turn,
        letters,
        bits,
        unnest(keys) as key
    from names
),

near as (
    select distinct
        earlier.first_turn as earlier_turn,
        later.first_turn as later_turn
    from keys as earlier
    inner join keys as later using (country, numbers, key)
    where
        case
            when earlier.first_turn < later.first_turn
                then may_be_alike(earlier.bits, earlier.letters, later.bits, later.letters, $alike)
        end
),

compared as (
    select
        near.earlier_turn,
        near.later_turn,
        earlier.plain as earlier_name,
        later.plain as later_name,
        alike(earlier.plain, later.plain) as likeness
    from near
    inner join names as earlier on near.earlier_turn = earlier.first_turn
    inner join names as later on near.later_turn = later.first_turn
),

apart as (
    select
        earlier_turn,
        later_turn,
        likeness,
        words_apart(earlier_name, later_name) as earlier_words,
        words_apart(later_name, earlier_name) as later_words
    from compared
    where likeness >= cast($alike as decimal(10, 9))
),

-- A word that many names have makes no two of them one: the words that they do not share must be alike too.
alike_names as (
    select
        earlier_turn,
        later_turn,
        likeness
    from apart
    where
        earlier_words = ''
        or later_words = ''
        or alike(earlier_words, later_words) >= cast($words_alike as decimal(10, 9))
),

matches as (
    select
        turn as later_turn,
        first_turn as earlier_turn,
        cast(null as decimal(10, 9)) as likeness
    from by_tax
    where turn > first_turn
    union all
    select
        turn as later_turn,
        last_turn as earlier_turn,
        cast(null as decimal(10, 9)) as likeness
    from by_tax
    where last_turn is not null
    union all
    select
        turn as later_turn,
        first_turn as earlier_turn,
        cast(1 as decimal(10, 9)) as likeness
    from named
    where turn > first_turn
    union all
    select
        turn as later_turn,
        last_turn as earlier_turn,
        cast(1 as decimal(10, 9)) as likeness
    from named
    where last_turn is not null
    union all
    select
        named.turn as later_turn,
        alike_names.earlier_turn,
        alike_names.likeness
    from alike_names
    inner join named on alike_names.later_turn = named.first_turn
),

judged as (
    select
        matches.later_turn,
        matches.likeness,
        later.customer_id,
        later.entity_id,
        later.name,
        later.opened_on,
        earlier.customer_id as earlier_id,
        earlier.name as earlier_name,
        earlier.tax_number,
        case
            when coalesce(later.parent_id = earlier.customer_id, false) then 1
            when coalesce(earlier.parent_id = later.customer_id, false) then 1
            else 0
        end as is_family
    from matches
    inner join ordered as later on matches.later_turn = later.turn
    inner join ordered as earlier on matches.earlier_turn = earlier.turn
),

ranked as (
    select
        *,
        row_number() over (
            partition by later_turn
            order by is_family, -likeness nulls first, earlier_id
        ) as place
    from judged
),

proof as (
    select
        later_turn,
        list(earlier_id) as earlier_ids
    from judged
    group by later_turn
)

select
    ranked.customer_id as subject_id,
    ranked.entity_id,
    ranked.customer_id,
    ranked.opened_on as event_date,
    cast(null as varchar) as currency,
    cast(null as decimal(38, 4)) as expected_amount,
    cast(null as decimal(38, 4)) as billed_amount,
    ranked.customer_id || ' (' || ranked.name || ') and '
    || ranked.earlier_id || ' (' || ranked.earlier_name || ') have '
    || case
        when ranked.likeness is null then 'the same tax number, ' || ranked.tax_number
        else 'names alike to ' || cast(cast(ranked.likeness as decimal(5, 4)) as varchar)
    end as reason,
    case when ranked.is_family = 1 then 'one_family' end as suppressed_by,
    list_append(proof.earlier_ids, ranked.customer_id) as evidence_customers
from ranked
inner join proof on ranked.later_turn = proof.later_turn
where ranked.place = 1
