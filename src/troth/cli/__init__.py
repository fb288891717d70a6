"""The command line: one file a command, each a thin door over the rooms. `main.py` says how to add one."""
