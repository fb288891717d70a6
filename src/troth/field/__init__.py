"""Who goes where, with what: routes of visits, travel times, parts."""
