"""`make run`: everything with embedded defaults, in one terminal, with a tenant to try it on.

A private redis-server where none is configured, the migrations, the lookups, the API and the worker,
each a process of its own. Ctrl-C stops all of it; a second run finds its data.
"""

from management.demo.processes import DemoFailed, run

__all__ = ["DemoFailed", "run"]
