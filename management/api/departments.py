"""Departments: bodies and routes."""

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Shown, ValuesBody, unset
from management.departments.commands import LONGEST_NAME, DepartmentValues


class ChangeDepartment(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class NewDepartment(ChangeDepartment):
    name: str


class DepartmentItem(Shown):
    name: str


NOUN = Noun(
    name="department",
    service=lambda services: services.departments,
    values=DepartmentValues,
    new=NewDepartment,
    change=ChangeDepartment,
    item=DepartmentItem,
    texts=Texts(
        list="Departments by name. `search` is found in the name, as it is written.",
        create="A new department; its name is unique in the tenant.",
        read="One department.",
        update="New values; what is left out stays.",
        delete="Soft delete; refused while an extension belongs to it.",
    ),
)
router = routes_of(NOUN)
