"""Rows of departments."""

from management.departments.commands import Department
from management.objects.links import Reference
from management.objects.repository import Rows
from xmlcurl.store.tables import departments, extensions


class DepartmentRepository(Rows[Department]):
    """Living departments of one tenant."""

    TABLE = departments
    MODEL = Department
    SEARCHED = (departments.c.name,)
    ORDER = (departments.c.name,)
    UNIQUE = "name"
    LINKS = (Reference("extension", extensions.c.department_id, extensions.c.number),)
