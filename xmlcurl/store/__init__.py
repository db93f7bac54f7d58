"""What both packages share: the schema, the model, the queries and the cache of documents."""
