"""Row s: from the start of `xmlcurl serve` to its first answer, which Redis holds."""

import statistics

from tests.bench.measure import Figures
from tests.bench.rows import Place, Ratio, Result

MOST_SECONDS = 1.0


def starts(place: Place) -> Result:
    """The time of a process from the moment when it is made, interpreter and imports included."""
    seconds = []
    for n in range(place.rounds + 1):
        with place.ours(f"start {n}") as ours:
            seconds.append(ours.started_seconds)
    # The first one fills Redis.
    value = statistics.median(seconds[1:])
    figures = Figures({"median seconds": value, "shortest": min(seconds[1:]), "longest": max(seconds[1:])})
    what = "seconds from the start to the first answer, from Redis"
    return {"ours": figures}, [Ratio("s", what, value, MOST_SECONDS, is_at_least=False)]
