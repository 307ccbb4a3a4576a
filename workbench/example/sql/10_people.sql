-- Who is billed and who bills. The last three customers are closed and have no business.
create table customer as
with numbered as (
    select
        customer_no,
        case when customer_no % 10 < 4 then 0 when customer_no % 10 < 7 then 1 else 2 end as entity_no
    from range(getvariable('goods_customers') + getvariable('contract_customers') + 3) as numbers (customer_no)
)

select
    numbered.customer_no,
    numbered.entity_no,
    entity.currency,
    entity.unit,
    entity.authority,
    case when mix(customer_no, 101) % 16 = 0 then entity.neighbour else entity.country end as country,
    mix(customer_no, 102) % 4 as segment_no,
    mix(customer_no, 103) % 5 as tier_no,
    case mix(customer_no, 104) % 6 when 0 then 14 when 1 then 45 when 2 then 60 else 30 end as terms,
    case
        when customer_no // 10 % 4 = 3 and mix(customer_no, 105) % 3 > 0 and customer_no < getvariable('goods_customers')
            then customer_no - 30
    end as parent_no,
    customer_no >= getvariable('goods_customers') + getvariable('contract_customers') as is_closed
from numbered
inner join entity on numbered.entity_no = entity.entity_no;

-- Of thousands of names some would be alike by chance; customers of another number are not.
create macro numbered_name(name, customer_no) as
name || case when customer_no < 400 then '' else ' ' || cast(customer_no as varchar) end;

create table customer_name as
select
    customer.customer_no,
    coalesce(
        given.name,
        case customer.entity_no
            when 0 then
                numbered_name(
                    upper(roman[1 + mix(customer.customer_no, 111) % len(roman)][1])
                    || substr(roman[1 + mix(customer.customer_no, 111) % len(roman)], 2)
                    || roman[1 + mix(customer.customer_no, 112) % len(roman)] || roman[1 + mix(customer.customer_no, 113) % len(roman)] || ' '
                    || upper(roman[1 + mix(customer.customer_no, 114) % len(roman)][1])
                    || substr(roman[1 + mix(customer.customer_no, 114) % len(roman)], 2)
                    || roman[1 + mix(customer.customer_no, 115) % len(roman)] || roman[1 + mix(customer.customer_no, 116) % len(roman)],
                    customer.customer_no
                ) || ' Pte Ltd'
            when 1 then
                numbered_name(
                    kanji[1 + mix(customer.customer_no, 111) % len(kanji)] || kanji[1 + mix(customer.customer_no, 112) % len(kanji)]
                    || kanji[1 + mix(customer.customer_no, 113) % len(kanji)] || kanji[1 + mix(customer.customer_no, 114) % len(kanji)]
                    || kanji[1 + mix(customer.customer_no, 115) % len(kanji)] || kanji[1 + mix(customer.customer_no, 116) % len(kanji)],
                    customer.customer_no
                ) || '株式会社'
            else
                numbered_name(
                    arabic[1 + mix(customer.customer_no, 111) % len(arabic)] || arabic[1 + mix(customer.customer_no, 112) % len(arabic)]
                    || arabic[1 + mix(customer.customer_no, 113) % len(arabic)] || ' '
                    || arabic[1 + mix(customer.customer_no, 114) % len(arabic)] || arabic[1 + mix(customer.customer_no, 115) % len(arabic)]
                    || arabic[1 + mix(customer.customer_no, 116) % len(arabic)],
                    customer.customer_no
                ) || ' ذ.م.م'
        end
    ) as name
from customer
cross join syllables
left join given_name as given on customer.customer_no = given.customer_no;

create table staff as
select
    'U-' || entity.country || '-' || listed.code as user_id,
    entity.entity_no,
    listed.code,
    listed.role,
    listed.active_to
from entity
cross join (
    values
    ('C1', 'clerk', null), ('C2', 'clerk', null), ('C3', 'clerk', null), ('C4', 'clerk', date '2024-01-01'),
    ('S1', 'supervisor', null), ('S2', 'supervisor', null), ('M1', 'manager', null), ('D1', 'director', null),
    ('T1', 'trainee', null)
) as listed (code, role, active_to);

create macro member(entity_no, code) as
'U-' || case entity_no when 0 then 'SG' when 1 then 'JP' else 'KW' end || '-' || code;
create macro clerk(entity_no, key) as member(entity_no, 'C' || cast(1 + mix(key, 121) % 3 as varchar));

-- The lowest role whose limit covers an amount.
create macro approver(entity_no, amount, authority, key) as case
    when abs(amount) <= authority then member(entity_no, 'S' || cast(1 + mix(key, 122) % 2 as varchar))
    when abs(amount) <= 10 * authority then member(entity_no, 'M1')
    else member(entity_no, 'D1')
end;

create table authority_limit as
select
    held.role,
    action.action,
    entity.currency,
    case held.role
        when 'supervisor' then entity.authority
        when 'manager' then 10 * entity.authority
        when 'director' then 100000 * entity.authority
        when 'billing_run' then case action.action when 'credit_memo' then entity.authority // 10 else entity.authority // 100 end
    end as most
from entity
cross join (values ('supervisor'), ('manager'), ('director'), ('billing_run')) as held (role)
cross join (
    values ('credit_memo'), ('write_off'), ('billing_adjustment'), ('refund'), ('discount'), ('price')
) as action (action)
where held.role <> 'billing_run' or action.action in ('credit_memo', 'billing_adjustment');
