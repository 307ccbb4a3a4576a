/*---
control: VAL-04
plants: receipts of one customer applied to invoices of another, with whom he has no parent in common
sized: false
touches: [receipts]
---*/
-- Only what was applied in full on the day it came changes hands: nobody has cash that waits.
create temporary table chosen as
with parents as (
    select distinct parent_id as customer_id
    from customers
    where parent_id is not null
),

-- Somebody without parent or child is related to nobody.
people as (
    select
        person.customer_id,
        bool_and(person.parent_id is null and parents.customer_id is null) as is_alone
    from customers as person
    left join parents on person.customer_id = parents.customer_id
    group by person.customer_id
),

payers as (
    select distinct
        receipt.entity_id,
        receipt.currency,
        receipt.customer_id,
        people.is_alone
    from receipts as receipt
    inner join people on receipt.customer_id = people.customer_id
    where receipt.customer_id not in (select id from taken)
),

numbered as (
    select
        *,
        row_number() over (partition by entity_id, currency, is_alone order by customer_id) - 1 as place,
        count(*) over (partition by entity_id, currency, is_alone) as places
    from payers
),

sizes as (
    select
        entity_id,
        currency,
        is_alone,
        max(places) as places
    from numbered
    group by entity_id, currency, is_alone
),

spent as (
    select
        receipt_id,
        min(application_id) as application_id,
        min(invoice_id) as invoice_id,
        min(applied_on) as applied_on,
        sum(amount) as amount
    from applications
    where receipt_id is not null
    group by receipt_id
    having count(*) = 1
),

-- A loner's receipt goes to another loner or to a member of a family, a member's to a loner.
moves as (
    select
        spent.application_id,
        spent.invoice_id,
        receipt.receipt_id,
        receipt.entity_id,
        receipt.currency,
        receipt.customer_id,
        case when people.is_alone then 1 + dice(receipt.receipt_id, 1) % 2 else 3 end as kind,
        not people.is_alone or dice(receipt.receipt_id, 1) % 2 = 0 as is_to_alone
    from spent
    inner join receipts as receipt on spent.receipt_id = receipt.receipt_id and spent.amount = receipt.amount
    inner join live_invoices as invoice
        on spent.invoice_id = invoice.invoice_id and receipt.customer_id = invoice.customer_id
    inner join people on receipt.customer_id = people.customer_id
    where
        receipt.status <> 'reversed'
        and receipt.received_on = spent.applied_on
        and spent.applied_on <= getvariable('as_of')
        and spent.application_id not in (select subject_id from before)
        and spent.application_id not in (select id from taken)
        and receipt.receipt_id not in (select id from taken)
        and invoice.invoice_id not in (select id from taken)
),

strange as (
    select
        moves.*,
        stranger.customer_id as stranger_id,
        row_number() over (partition by moves.kind, moves.currency order by dice(moves.receipt_id, 3), moves.receipt_id)
            as turn
    from moves
    inner join sizes
        on
            moves.entity_id = sizes.entity_id
            and moves.currency = sizes.currency
            and moves.is_to_alone = sizes.is_alone
    inner join numbered as stranger
        on
            moves.entity_id = stranger.entity_id
            and moves.currency = stranger.currency
            and moves.is_to_alone = stranger.is_alone
            and dice(moves.receipt_id, 2) % sizes.places = stranger.place
    where moves.customer_id <> stranger.customer_id
)

select *
from strange
order by turn, dice(kind || currency, 4), kind, currency
limit getvariable('errors');

update receipts
set customer_id = chosen.stranger_id
from chosen
where receipts.receipt_id = chosen.receipt_id;

insert into planted
select
    application_id as subject_id,
    null as expected_amount,
    null as billed_amount,
    case kind
        when 1 then 'two customers without relatives'
        when 2 then 'a member of a family paid for a customer without relatives'
        else 'a customer without relatives paid for a member of a family'
    end as what
from chosen;

insert into taken
select application_id from chosen
union
select receipt_id from chosen
union
select invoice_id from chosen;
