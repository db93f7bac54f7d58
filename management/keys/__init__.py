"""Keys that stored secrets are encrypted with."""
