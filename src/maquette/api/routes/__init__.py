"""One module per area, strangers to each other: each translates HTTP into use cases and back, nothing more."""
