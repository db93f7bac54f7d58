"""What befalls an installation while it is written to and asked, by chance, but the same chance for the same seed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from redis import Redis

from tests.coherence.stepped_clock import SteppedClock
from tests.servers import RedisServer
from tests.system.installation import Installation, Node

TOGETHER = 0.3
"""How often the next fault comes before everything has recovered from the one before."""

HOUR = 3_600.0
STEPS_SECONDS = (-HOUR, -1.5, 1.5, HOUR, 30 * HOUR)


@dataclass(frozen=True)
class Clocks:
    """Those that can be set here."""

    redis: SteppedClock
    lookup: SteppedClock
    """Of the first lookup process."""


@dataclass
class Faults:
    """All that may happen. Use it from the thread that started the services: some of them it kills and starts."""

    product: Installation
    redis: RedisServer
    chance: random.Random
    clocks: Clocks | None
    happened: Counter[str] = field(default_factory=Counter)
    _resuming: list[threading.Timer] = field(default_factory=list)
    _left: list[Callable[[], None]] = field(default_factory=list)

    def next(self) -> str:
        """One fault, and its name; every one of them once, in any order, before one of them comes again."""
        if not self._left:
            self._left = self.all()
            self.chance.shuffle(self._left)
        fault = self._left.pop()
        fault()
        self.happened[fault.__name__] += 1
        return fault.__name__

    def all(self) -> list[Callable[[], None]]:
        faults = [
            self.stop_a_lookup_process,
            self.cut_the_subscriptions,
            self.restart_redis_empty,
            self.pause_redis,
            self.delete_random_keys,
            self.delete_the_list_of_lookup_processes,
            self.evict_whatever_redis_likes,
            self.kill_the_api,
            self.kill_the_worker,
            self.kill_a_lookup_process,
        ]
        if self.clocks:
            faults += [self.step_the_clock_of_redis, self.step_the_clock_of_a_lookup_process]
        return faults

    def end(self) -> None:
        """Everything that was stopped goes on, by the true time."""
        for timer in self._resuming:
            timer.join()
        if self.clocks:
            self.clocks.redis.step(0)
            self.clocks.lookup.step(0)

    def stop_a_lookup_process(self) -> None:
        """It goes on by itself while other things happen."""
        node = self._some_node()
        node.pause()
        timer = threading.Timer(self.chance.uniform(0.2, 3), node.resume)
        timer.start()
        self._resuming.append(timer)

    def cut_the_subscriptions(self) -> None:
        with self._client() as client:
            client.client_kill_filter(_type="pubsub")

    def restart_redis_empty(self) -> None:
        self.redis.kill()
        self.redis.start()

    def pause_redis(self) -> None:
        self.redis.pause()
        time.sleep(self.chance.uniform(0.1, 2))  # the fault itself, not a wait
        self.redis.resume()

    def delete_random_keys(self) -> None:
        with self._client() as client:
            for key in list(client.scan_iter(count=1_000)):
                if self.chance.random() < 0.3:
                    client.delete(key)

    def delete_the_list_of_lookup_processes(self) -> None:
        with self._client() as client:
            # There is none while a Redis that has just begun was asked by nobody.
            for key in list(client.scan_iter("*:members", count=1_000)):
                client.delete(key)

    def evict_whatever_redis_likes(self) -> None:
        """A little more than is there: what comes pushes out what is there, the protocol's own keys included."""
        with self._client() as client:
            before = client.config_get("maxmemory*")
            client.config_set("maxmemory-policy", "allkeys-random")
            client.config_set("maxmemory", client.info("memory")["used_memory"])
            time.sleep(self.chance.uniform(0.3, 1.0))  # the fault itself, not a wait
            for name in ("maxmemory", "maxmemory-policy"):
                client.config_set(name, before[name])

    def kill_the_api(self) -> None:
        """Somewhere in eight writes: also between a commit and its purge."""
        self.product.api.kill()
        self.product.api.spawn()

    def kill_the_worker(self) -> None:
        self.product.worker.kill()
        self.product.worker.spawn()

    def kill_a_lookup_process(self) -> None:
        node = self._some_node()
        node.kill()
        node.spawn()

    def step_the_clock_of_redis(self) -> None:
        assert self.clocks is not None
        self.clocks.redis.step(self.chance.choice(STEPS_SECONDS))

    def step_the_clock_of_a_lookup_process(self) -> None:
        assert self.clocks is not None
        self.clocks.lookup.step(self.chance.choice(STEPS_SECONDS))

    def _some_node(self) -> Node:
        return self.chance.choice(self.product.lookups)

    def _client(self) -> Redis:
        return Redis.from_url(self.redis.url, socket_timeout=10)
