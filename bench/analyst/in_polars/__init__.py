"""The controls in polars, lazy: one module per family."""
