"""The proof of "no stale answer": what was written and seen is recorded, under faults, and checked."""
