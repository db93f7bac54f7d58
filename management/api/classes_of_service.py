"""Classes of service: bodies and routes."""

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Shown, ValuesBody, unset
from management.classes_of_service.commands import LONGEST_NAME, MOST_ROUTES, ClassOfServiceValues


class ChangeClassOfService(ValuesBody):
    """`route_ids` are the outbound routes that it allows, only where `all_routes` is false."""

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    outbound_calls_disabled: bool = unset()
    outside_hours_calls_disabled: bool = unset()
    international_calls_disabled: bool = unset()
    all_routes: bool = unset()
    route_ids: list[int] = unset(maxItems=MOST_ROUTES)


class NewClassOfService(ChangeClassOfService):
    name: str


class ClassOfServiceItem(Shown):
    name: str
    outbound_calls_disabled: bool
    outside_hours_calls_disabled: bool
    international_calls_disabled: bool
    all_routes: bool
    route_ids: list[int]


NOUN = Noun(
    name="class_of_service",
    plural="classes_of_service",
    service=lambda services: services.classes_of_service,
    values=ClassOfServiceValues,
    new=NewClassOfService,
    change=ChangeClassOfService,
    item=ClassOfServiceItem,
    texts=Texts(
        list="Classes of service by name. `search` is found in the name, as it is written.",
        create="A new class of service; its name is unique in the tenant.",
        read="One class of service.",
        update="New values; what is left out stays. `all_routes` forgets which routes were named.",
        delete="Soft delete; refused while an extension has it.",
    ),
)
router = routes_of(NOUN)
