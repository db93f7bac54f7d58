"""Two lookup nodes: while one answers, phones register. Over https only a node that proves its name is asked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.freeswitch.conftest import PREFIX
from tests.freeswitch.node import Node
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch

LOOKUP = "action=sip_auth"


@pytest.fixture(scope="module")
def nodes(product: Product) -> Iterator[tuple[Node, Node]]:
    found = Node(product.lookup_url), Node(product.lookup_url)
    yield found
    for node in found:
        node.close()


@pytest.fixture(scope="module")
def two_noded(nodes: tuple[Node, Node], product: Product, folder: Path, audio_ports: Iterator[int]) -> Iterator[Switch]:
    """A switch with both."""
    first, second = nodes
    settings = {"SECOND_LOOKUP_URL": second.url}
    where = Path(PREFIX), folder / "two nodes", "two-nodes", next(audio_ports)
    switch = Switch(*where, first.url, product.lookup_credentials, settings=settings)
    switch.start()
    yield switch
    switch.kill()


@pytest.fixture
def well(nodes: tuple[Node, Node]) -> Iterator[tuple[Node, Node]]:
    """Both nodes, which have not been asked anything."""
    for node in nodes:
        node.asked.clear()
    yield nodes
    for node in nodes:
        node.be_well()


async def test_the_second_node_rests_while_the_first_one_answers(
    office: Office, two_noded: Switch, well: tuple[Node, Node]
) -> None:
    """A phone that is let in costs one lookup, at one node."""
    phone = await office.phone(await office.account(), at=two_noded)

    assert await phone.register() == 200

    assert [_logins(node) for node in well] == [1, 0]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Node.close, id="refuses connections"),
        pytest.param(Node.hang, id="hangs"),
        pytest.param(lambda node: node.say(503), id="has too much to do"),
        pytest.param(lambda node: node.say(500), id="fails"),
        pytest.param(lambda node: node.say(200), id="knows nobody"),
    ],
)
async def test_the_second_node_answers_for_the_first(
    office: Office, two_noded: Switch, well: tuple[Node, Node], fault: Callable[[Node], None]
) -> None:
    """The right password is let in and a wrong one is not, whatever the first node does."""
    phone = await office.phone(await office.account(), at=two_noded)
    fault(well[0])

    assert await phone.register() == 200
    assert await phone.register(password="wrong") == 403

    assert _logins(well[1]) == 2


async def test_without_a_node_nobody_signs_in(office: Office, two_noded: Switch, well: tuple[Node, Node]) -> None:
    """With both away a phone is refused, and let in when one of them is back."""
    phone = await office.phone(await office.account(), at=two_noded)
    for node in well:
        node.close()
    assert await phone.register() == 403

    well[1].be_well()

    assert await phone.register() == 200


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder / "authority")


@pytest.fixture(scope="module")
def secure_node(product: Product, authority: Authority) -> Iterator[Node]:
    """It speaks https, with a certificate that can be exchanged."""
    node = Node(product.lookup_url, authority.issue("127.0.0.1"))
    yield node
    node.close()


@pytest.fixture(scope="module")
def careful(
    secure_node: Node, authority: Authority, product: Product, folder: Path, audio_ports: Iterator[int]
) -> Iterator[Switch]:
    """A switch with one node, over https."""
    settings = {"LOOKUP_CA_FILE": str(authority.file)}
    where = Path(PREFIX), folder / "careful", "careful", next(audio_ports)
    switch = Switch(*where, secure_node.url, product.lookup_credentials, settings=settings)
    switch.start()
    yield switch
    switch.kill()


async def test_a_node_that_proves_its_name_is_asked(
    office: Office, careful: Switch, secure_node: Node, authority: Authority
) -> None:
    """Over https, with a certificate of the authority that is named to the switch."""
    secure_node.present(authority.issue("127.0.0.1"))
    secure_node.asked.clear()
    phone = await office.phone(await office.account(), at=careful)

    assert await phone.register() == 200

    assert _logins(secure_node) == 1


async def test_one_node_is_asked_once_about_whom_it_does_not_know(
    office: Office, careful: Switch, secure_node: Node, authority: Authority
) -> None:
    """The second binding stands idle until a second node is named."""
    secure_node.present(authority.issue("127.0.0.1"))
    secure_node.asked.clear()
    account = await office.account()
    await office.administrator.delete(account.number)
    phone = await office.phone(account, at=careful)

    assert await phone.register() == 403

    assert _logins(secure_node) == 1


@pytest.fixture(params=["another authority", "another name", "out of date"])
def unproven(request: pytest.FixtureRequest, authority: Authority, folder: Path) -> Path:
    """A certificate that proves nothing."""
    match request.param:
        case "another authority":
            return Authority(folder / "stranger").issue("127.0.0.1")
        case "another name":
            return authority.issue("127.0.0.2")
        case _:
            return authority.issue("127.0.0.1", ends=datetime(2025, 1, 1, tzinfo=UTC))


async def test_a_node_that_does_not_prove_its_name_is_told_nothing(
    office: Office, careful: Switch, secure_node: Node, unproven: Path
) -> None:
    """A lookup holds a phone's digest response and our credentials, and the answer lets a phone in."""
    secure_node.present(unproven)
    secure_node.asked.clear()
    phone = await office.phone(await office.account(), at=careful)

    assert await phone.register() == 403

    assert secure_node.asked == []


def _logins(node: Node) -> int:
    return sum(LOOKUP in body for body in node.asked)
