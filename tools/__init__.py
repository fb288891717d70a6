"""Small programs for those who work on Troth; not part of the package."""
