"""Yeastar P-series. docs/yeastar.md."""
