"""The APIs of other vendors over our store: a dialect a folder. docs/dialects.md says how to add one."""
