"""What the small nouns share: values with rules, rows of one table, a service that creates, reads, changes, deletes."""
