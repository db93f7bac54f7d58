"""SenCloud and eTelecom: one API under two names. docs/sencloud.md."""
