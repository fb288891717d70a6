"""The pages of customer flow: thin views, one action each."""
