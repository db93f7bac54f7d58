"""The rules of queues, for every API, page and command."""

from management.objects.routed import Routed
from management.queues.commands import Queue, QueueValues
from management.queues.repository import QueueRepository


class Queues(Routed[int, Queue, QueueValues]):
    KIND = "queue"
    ROWS = QueueRepository
