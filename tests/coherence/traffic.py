"""Writers and lookups over HTTP, each a thread, that note what they wrote and saw."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import httpx

from tests.coherence.history import History
from tests.fakes.freeswitch import sip_auth_body as sip_auth
from tests.fakes.xmlcurl import XmlCurl
from tests.system.installation import CREDENTIALS, Installation
from tests.waiting import wait_until

WRITERS = 8
EXTENSIONS_EACH = 2
LOOKERS_OF_A_NODE = 2
LONGEST_PAUSE_SECONDS = 0.02
PAUSE_AFTER_FAILURE_SECONDS = 0.1
NOT_FOUND = -1
"""What is seen of an extension that is there, and was not found: older than anything."""

_VERSION = re.compile(rb'"effective_caller_id_name" value="v(\d+)"')


class Traffic:
    """Each writer owns its extensions; everybody asks for all of them, at every node."""

    def __init__(self, product: Installation, chance: random.Random) -> None:
        self.history = History()
        self.unanswered: Counter[str] = Counter()
        """Why lookups were not answered: "503", or what became of the connection."""
        self._product = product
        self._numbers = {
            writer: [str(2_000 + writer * EXTENSIONS_EACH + each) for each in range(EXTENSIONS_EACH)]
            for writer in range(WRITERS)
        }
        self._everything = [number for numbers in self._numbers.values() for number in numbers]
        self._bodies = {
            number: sip_auth(realm=product.domain, fields={"sip_auth_username": number}) for number in self._everything
        }
        self._chances = [random.Random(chance.random()) for _ in range(1_000)]  # noqa: S311 - repeatable, no secret
        self._stop_writing = threading.Event()
        self._stop_asking = threading.Event()
        self._versions: dict[str, int] = {}

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        """From the first extensions on; at the end each one has a last version, written and answered."""
        clients = [self._product.client() for _ in range(WRITERS)]
        writers = [
            threading.Thread(target=self._write_on, args=(clients[writer], self._numbers[writer], self._chances.pop()))
            for writer in range(WRITERS)
        ]
        lookers = [
            threading.Thread(target=self._ask_on, args=(node.url, self._chances.pop()))
            for node in self._product.lookups
            for _ in range(LOOKERS_OF_A_NODE)
        ]
        for number in self._everything:
            clients[0].post("/extensions", json={"extension_number": number, "display_name": "v0"}).raise_for_status()
        try:
            for thread in (*writers, *lookers):
                thread.start()
            yield self
            self._stop_writing.set()
            _join(writers)
            for client, numbers in zip(clients, self._numbers.values(), strict=True):
                self._write_the_last(client, numbers)
        finally:
            self._stop_writing.set()
            self._stop_asking.set()
            _join([*writers, *lookers])
            for client in clients:
                client.close()

    def wait_until_all_answer(self, timeout_seconds: float) -> None:
        """Every node has answered a lookup, and a write was answered, that began after this was called.

        Raises:
            TimeoutError: not in that time.
        """
        asked = set(range(len(self._product.lookups)))

        def all_answer() -> bool:
            for node in list(asked):
                if self.version_at(self._product.lookups[node].url, self._everything[0]) is not None:
                    asked.discard(node)
            return not asked

        answered = self.history.answered_count
        wait_until(all_answer, timeout_seconds)
        # Those that were under way may be the first ones that are answered.
        wait_until(lambda: self.history.answered_count > answered + WRITERS, timeout_seconds)

    def seen_at_last(self) -> dict[str, dict[str, int | None]]:
        """What each node shows now that is not the last version, by number and node."""
        return {
            number: shown
            for number in self._everything
            if (
                shown := {
                    node.url: version
                    for node in self._product.lookups
                    if (version := self.version_at(node.url, number)) != self._versions[number]
                }
            )
        }

    def version_at(self, url: str, number: str) -> int | None:
        """What a node shows, asked on a new connection; None when it does not answer."""
        try:
            answer = XmlCurl(f"{url}/xmlcurl", CREDENTIALS).post(self._bodies[number])
        except OSError as exc:
            self.unanswered[type(exc).__name__] += 1
            return None
        if answer.status != 200:
            self.unanswered[str(answer.status)] += 1
            return None
        found = _VERSION.search(answer.body)
        return int(found[1]) if found else NOT_FOUND

    def _write_on(self, client: httpx.Client, numbers: Sequence[str], chance: random.Random) -> None:
        for version in count(1):
            for number in numbers:
                if self._stop_writing.wait(chance.uniform(0, LONGEST_PAUSE_SECONDS)):
                    return
                self._write(client, number, version)

    def _write_the_last(self, client: httpx.Client, numbers: Sequence[str]) -> None:
        for number in numbers:
            versions = count(self._versions[number] + 1)
            wait_until(lambda: self._write(client, number, next(versions)), 30)  # noqa: B023 - it ends in this round

    def _write(self, client: httpx.Client, number: str, version: int) -> bool:
        self._versions[number] = version
        started = time.monotonic()
        try:
            is_answered = client.put(f"/extensions/{number}", json={"display_name": f"v{version}"}).is_success
        except httpx.TransportError:
            is_answered = False
        if is_answered:
            self.history.written(number, version, started=started, ended=time.monotonic())
        else:
            self.history.written(number, version, started=started)
            self._stop_writing.wait(PAUSE_AFTER_FAILURE_SECONDS)
        return is_answered

    def _ask_on(self, url: str, chance: random.Random) -> None:
        while not self._stop_asking.wait(chance.uniform(0, LONGEST_PAUSE_SECONDS)):
            number = chance.choice(self._everything)
            started = time.monotonic()
            version = self.version_at(url, number)
            if version is not None:
                self.history.seen(number, version, started=started, by=url)


def by_source(metrics: str) -> Counter[str]:
    """Lookups that a node answered since it started, by where the document came from."""
    found: Counter[str] = Counter()
    for labels, value in re.findall(r"^xmlcurl_lookup_seconds_count\{(.*)\} (\S+)$", metrics, re.MULTILINE):
        found[dict(re.findall(r'(\w+)="(\w*)"', labels))["source"]] += int(float(value))
    return found


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        if thread.ident is not None:
            thread.join()
