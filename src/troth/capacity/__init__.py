"""Capacity: who must be there, who works when, who can start what when."""
