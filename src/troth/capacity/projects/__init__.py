"""Projects: what can be sold, who works on it, and when it can start."""
