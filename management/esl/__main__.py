"""`python -m management.esl`: the supervisor; with `--worker PIPE OWNER`, as it starts itself: the worker.

Only the worker imports gevent.
"""

import os
import signal
import sys
import threading

import structlog

from management.esl.supervisor import Supervisor
from management.settings import ManagementSettings
from xmlcurl import logs
from xmlcurl.settings import SettingsError, load

REPORT_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """The exit status."""
    try:
        settings = load(ManagementSettings)
        logs.set_up(settings.log_level)
        if arguments[:1] == ["--worker"]:
            work(settings, pipe=int(arguments[1]), owner=arguments[2])
        else:
            Supervisor().run()
    except SettingsError as exc:
        sys.stderr.write(f"{exc}\n")
        return 2
    return 0


def work(settings: ManagementSettings, *, pipe: int, owner: str) -> None:
    """The worker, until SIGTERM or until its supervisor is gone."""
    from management.esl.wiring import build_crew  # noqa: PLC0415  # the supervisor must not import gevent

    crew, pulse = build_crew(settings, owner=owner)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: crew.stop())

    def report() -> None:
        while True:
            seconds, name = pulse.oldest()
            try:
                os.write(pipe, f"{seconds:.1f} {name}\n".encode())
            except OSError:
                # Nobody supervises us any more: another supervisor starts its own worker.
                crew.stop()
                return
            ended.wait(REPORT_SECONDS)

    ended = threading.Event()
    threading.Thread(target=report, name="report", daemon=True).start()
    crew.run()
    structlog.get_logger("management.esl").info("worker_finished")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
