-- Days and months where DuckDB's text has no equal on Spark, which has no macros: the engine writes them into the
-- SELECT.

create or replace macro days_between(earlier, later) as
cast(datediff(cast(later as date), cast(earlier as date)) as bigint);

create or replace macro add_months_to(day, months) as add_months(day, cast(months as int));

create or replace macro seconds_between(earlier, later) as timestampdiff(second, earlier, later);
