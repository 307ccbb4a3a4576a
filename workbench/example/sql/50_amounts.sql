-- What each line and document comes to.
create table line_amount as
with multiplied as (
    select
        line.*,
        document.entity_no,
        document.customer_no,
        document.tax_rounding,
        entity.unit,
        case
            when document.is_even then to_even_unit(line.quantity * line.unit_price, 1000, entity.unit)
            else to_unit(line.quantity * line.unit_price, 1000, entity.unit)
        end - line.discount + line.net_off as net,
        coalesce(line.stated_rate, tax_rate.rate) as rate
    from line
    inner join document on line.doc = document.doc
    inner join entity on document.entity_no = entity.entity_no
    inner join customer on document.customer_no = customer.customer_no
    inner join tax_rate
        on
            line.tax_code = tax_rate.tax_code
            and customer.country = tax_rate.country
            and document.day >= tax_rate.starts
            and (tax_rate.ends is null or document.day < tax_rate.ends)
)

select
    * exclude (tax_off),
    to_unit(net * rate, 10000, unit) + tax_off as tax
from multiplied;

-- Some documents round their tax once and share it out by largest remainder.
create table shared_tax as
with parts as (
    select
        doc,
        line_no,
        unit,
        net * rate // (10000 * unit) as whole_units,
        net * rate % (10000 * unit) as remainder,
        cast(sum(net * rate) over (partition by doc, rate) as bigint) as document_tax,
        cast(sum(net * rate // (10000 * unit)) over (partition by doc, rate) as bigint) as document_units,
        rate
    from line_amount
    where tax_rounding = 'remainder'
),

ranked as (
    select
        *,
        row_number() over (partition by doc, rate order by remainder desc, line_no) as place
    from parts
)

select
    doc,
    line_no,
    unit * (
        whole_units + case when place <= to_unit(document_tax, 10000, unit) // unit - document_units then 1 else 0 end
    ) as tax
from ranked;

update line_amount set tax = shared_tax.tax
from shared_tax
where line_amount.doc = shared_tax.doc and line_amount.line_no = shared_tax.line_no;

create table document_amount as
with per_rate as (
    select
        doc,
        entity_no,
        unit,
        tax_rounding,
        cast(sum(net) as bigint) as net,
        case when tax_rounding = 'document' then to_unit(cast(sum(net * rate) as bigint), 10000, unit) else cast(sum(tax) as bigint) end
            as tax,
        cast(sum(tax) as bigint) as lines_tax
    from line_amount
    group by doc, entity_no, unit, tax_rounding, rate
)

select
    doc,
    cast(sum(net) as bigint) as lines_net,
    cast(sum(tax) as bigint) as lines_tax
from per_rate
group by doc;

-- Documents without a delivery line of their own whose amount the customer was billed before: orders of services are
-- cancelled, manual documents dropped, and order billing names its delivery after all.
create table repeated_document as
with amounts as (
    select
        document.doc,
        document.order_no,
        document.customer_no,
        document.copied_from,
        amount.lines_net + amount.lines_tax as gross,
        coalesce(sale.flow in ('by_order', 'service'), document.contract_no is null) and document.copied_from is null as is_bare
    from document
    inner join document_amount as amount on document.doc = amount.doc
    left join sale on document.order_no = sale.order_no
    where document.kind <> 'credit_memo'
),

counted as (
    select
        *,
        count(*) over (partition by customer_no, gross) as peers
    from amounts
)

select
    doc,
    order_no
from counted
where is_bare and peers > 1 and doc not in (select plant.doc from plant where plant.doc is not null);

update line set delivery_line = line.order_line * 4
from sale
where sale.flow = 'by_order' and line.doc = sale.order_no * 8 and line.doc in (select repeated.doc from repeated_document as repeated);
update line_amount set delivery_line = line_amount.order_line * 4
from sale
where
    sale.flow = 'by_order' and line_amount.doc = sale.order_no * 8
    and line_amount.doc in (select repeated.doc from repeated_document as repeated);

update sale set flow = 'cancelled'
where flow = 'service' and order_no in (select repeated.order_no from repeated_document as repeated where repeated.order_no is not null);

create table dropped as
select repeated.doc
from repeated_document as repeated
left join sale on repeated.order_no = sale.order_no
where repeated.order_no is null or sale.flow = 'cancelled';

delete from document where doc in (select dropped.doc from dropped);
delete from line_amount where doc in (select dropped.doc from dropped);
drop table line;
drop table shared_tax;

create table bill as
select
    document.*,
    entity.entity_id,
    entity.currency,
    entity.unit,
    entity.authority,
    year(on_day(document.day)) as year,
    amount.lines_net + document.net_off as net,
    amount.lines_tax + document.tax_off as tax,
    amount.lines_net + amount.lines_tax + document.net_off + document.tax_off + document.gross_off as gross
from document
inner join document_amount as amount on document.doc = amount.doc
inner join entity on document.entity_no = entity.entity_no;

drop table document;

alter table bill add column created_by varchar;
alter table bill add column approved_by varchar;

-- Credit memos need two pairs of eyes unless the billing run makes them within its limit.
update bill
set
    created_by = case when origin = 'system' then 'U-SYSTEM' else clerk(entity_no, doc) end,
    approved_by = case
        when kind = 'credit_memo' and (origin = 'manual' or abs(gross) > authority // 10)
            then approver(entity_no, gross, authority, doc)
        when kind <> 'credit_memo' and origin = 'manual' and status = 'issued' then approver(entity_no, gross, authority, doc)
    end;
