/*---
control: SET-02
plants: paid settlements that the bank does not have, or has with another amount or currency
sized: true
touches: [settlements, bank_lines]
---*/
-- Only another amount has a size; a transfer that is not there is off by the whole net.
create temporary table chosen as
with used as (
    select
        bank_line_id,
        count(*) as settlements
    from settlements
    where bank_line_id is not null
    group by bank_line_id
),

currencies as (
    select
        currency,
        coalesce(
            lead(currency) over (order by currency),
            min(currency) over ()
        ) as other_currency
    from bank_lines
    group by currency
),

sound as (
    select
        settlement.settlement_id,
        settlement.bank_line_id,
        settlement.currency,
        settlement.net_amount,
        currencies.other_currency,
        cast(getvariable('size') * minor_unit(settlement.currency) as decimal(18, 4)) as size,
        case
            when dice(settlement.settlement_id, 1) % 5 = 4 and currencies.other_currency = settlement.currency then 1
            else 1 + dice(settlement.settlement_id, 1) % 5
        end as kind
    from settlements as settlement
    inner join used on settlement.bank_line_id = used.bank_line_id
    inner join bank_lines as line on settlement.bank_line_id = line.bank_line_id
    inner join currencies on settlement.currency = currencies.currency
    where
        settlement.status = 'paid'
        and used.settlements = 1
        and settlement.net_amount > 0
        and abs(line.amount) = settlement.net_amount
        and line.currency = settlement.currency
        and coalesce(settlement.paid_on, settlement.period_to) < getvariable('as_of') - 5
        and settlement.settlement_id not in (select subject_id from before)
        and settlement.settlement_id not in (select id from taken)
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(settlement_id, 2), settlement_id) as turn
    from sound
    where kind <> 2 or net_amount > size
)

select
    *,
    case kind
        when 1 then net_amount + size
        when 2 then net_amount - size
        when 5 then net_amount
        else 0
    end as moved_amount
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

update bank_lines
set
    amount = case when bank_lines.amount < 0 then -chosen.moved_amount else chosen.moved_amount end,
    currency = case when chosen.kind = 5 then chosen.other_currency else bank_lines.currency end
from chosen
where bank_lines.bank_line_id = chosen.bank_line_id and chosen.kind in (1, 2, 5);

update settlements
set bank_line_id = case when chosen.kind = 4 then 'lost ' || chosen.bank_line_id end
from chosen
where settlements.settlement_id = chosen.settlement_id and chosen.kind in (3, 4);

insert into planted
select
    settlement_id as subject_id,
    net_amount as expected_amount,
    moved_amount as billed_amount,
    case kind
        when 1 then 'the bank moved more'
        when 2 then 'the bank moved less'
        when 3 then 'no bank line'
        when 4 then 'a bank line that does not exist'
        else 'the same figure in another currency'
    end as what
from chosen;

insert into taken
select settlement_id from chosen;
