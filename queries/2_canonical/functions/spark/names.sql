-- How alike two texts are. Spark has no such measure: the engine brings jaro_winkler (workbench/engine/similarity.py).

create or replace macro alike(a, b) as jaro_winkler(a, b);
