"""Tells the switches: a process of its own, `python -m management.esl`."""
