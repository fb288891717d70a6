"""What the screens of customer flow show: one record a page, read from the rows, the same for HTML and JSON."""
