"""The forms of customer flow."""
