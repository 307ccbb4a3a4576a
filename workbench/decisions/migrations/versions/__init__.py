"""One module per version of the decision store, oldest first by name."""
