"""The administrators' commands: `management tenant add ...` and so on, over the same services as the API."""
