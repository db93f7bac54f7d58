"""The API of SenCloud and eTelecom, one under several names, over our store."""
