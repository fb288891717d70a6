"""Tests. A package of its own, for some libraries install one that is called `tests` as well."""
