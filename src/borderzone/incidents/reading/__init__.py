"""Files to one schema, a verdict on every row."""
