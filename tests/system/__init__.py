"""The product as its operator runs it, processes and all, with a double in place of FreeSWITCH."""
