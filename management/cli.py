"""The command line of management (being written)."""
