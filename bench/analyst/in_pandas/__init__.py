"""The controls in pandas: one module per family, each read from the snapshot's Parquet files."""
