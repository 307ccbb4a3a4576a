"""The catalogues of workbench/language, and what proves that nothing is said past them."""
