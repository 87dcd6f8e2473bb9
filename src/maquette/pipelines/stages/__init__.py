"""One module per stage: what it does, its limits and what it reads, in one place."""
