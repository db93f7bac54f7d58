"""Tokens of some minutes, that keys of Yeastar's dialect are exchanged for."""
