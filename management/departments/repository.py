"""Rows of departments."""

from management.departments.commands import Department
from management.objects.repository import Link, Rows
from xmlcurl.store.tables import departments, extensions


class DepartmentRepository(Rows[Department]):
    """Living departments of one tenant."""

    TABLE = departments
    MODEL = Department
    SEARCHED = (departments.c.name,)
    ORDER = (departments.c.name,)
    UNIQUE = "name"
    LINKS = (Link("extension", extensions.c.department_id, extensions.c.number),)
