"""Whoever sells tenants to customers of their own, through the API of a vendor."""
