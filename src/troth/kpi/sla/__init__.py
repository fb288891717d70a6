"""Service level agreements: policies as records, their clocks recomputed from events, and when the running ones will break."""
