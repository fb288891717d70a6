"""What every app of the site shares: choices from the vocabulary, the audit trail in the database, moments and words."""
