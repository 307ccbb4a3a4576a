/*---
control: SET-01
plants: settlements whose net does not follow from their head, or whose head does not follow from their lines
sized: true
touches: [settlements, settlement_lines, bank_lines]
---*/
-- The bank paid what the settlement says, and the net stays above zero.
create temporary table chosen as
with shared as (
    select bank_line_id
    from settlements
    where bank_line_id is not null
    group by bank_line_id
    having count(*) > 1
),

sound as (
    select
        settlement.*,
        cast(getvariable('size') * minor_unit(settlement.currency) as decimal(18, 4)) as size,
        1 + dice(settlement.settlement_id, 1) % 8 as kind
    from settlements as settlement
    left join shared on settlement.bank_line_id = shared.bank_line_id
    where
        settlement.status not in ('draft', 'cancelled')
        and settlement.period_to <= getvariable('as_of')
        and coalesce(settlement.paid_on <= getvariable('as_of'), true)
        and shared.bank_line_id is null
        and settlement.settlement_id not in (select subject_id from before)
        and settlement.settlement_id not in (select id from taken)
),

spread as (
    select
        *,
        row_number() over (partition by kind, currency order by dice(settlement_id, 2), settlement_id) as turn
    from sound
    where net_amount > size
)

select
    settlement_id,
    bank_line_id,
    currency,
    kind,
    size,
    -- Expected is what the lines give, stated what the head says.
    case when kind = 8 then net_amount + size else net_amount end as expected_amount,
    case
        when kind in (1, 2, 6) then net_amount + size
        when kind in (3, 4, 5) then net_amount - size
        else net_amount
    end as stated_amount
from spread
order by turn, dice(kind || currency, 3), kind, currency
limit getvariable('errors');

update settlements
set
    gross_amount = settlements.gross_amount + case when chosen.kind in (2, 7) then chosen.size else 0 end,
    fees_amount = settlements.fees_amount + case when chosen.kind in (3, 7) then chosen.size else 0 end,
    refunds_amount = settlements.refunds_amount + case when chosen.kind = 4 then chosen.size else 0 end,
    reserve_amount = settlements.reserve_amount + case when chosen.kind = 5 then chosen.size else 0 end,
    tax_amount = settlements.tax_amount + case when chosen.kind = 6 then chosen.size else 0 end,
    net_amount = chosen.stated_amount
from chosen
where settlements.settlement_id = chosen.settlement_id;

insert into settlement_lines by name
select
    settlement_id || '-SET-01' as settlement_line_id,
    settlement_id,
    'surcharge' as kind,
    size as amount
from chosen
where kind = 8;

update bank_lines
set amount = case when bank_lines.amount < 0 then -chosen.stated_amount else chosen.stated_amount end
from chosen
where bank_lines.bank_line_id = chosen.bank_line_id;

insert into planted
select
    settlement_id as subject_id,
    expected_amount,
    stated_amount as billed_amount,
    case kind
        when 1 then 'the net is not what the head gives'
        when 2 then 'the gross is above its lines'
        when 3 then 'the fees are above their lines'
        when 4 then 'the refunds are above their lines'
        when 5 then 'the reserve is above its lines'
        when 6 then 'the tax is above its lines'
        when 7 then 'gross and fees are both above their lines by the same amount'
        else 'a line that the head does not have'
    end as what
from chosen;

insert into taken
select settlement_id from chosen;
