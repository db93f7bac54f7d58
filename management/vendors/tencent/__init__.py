"""Tencent Cloud CCC. docs/tencent.md."""
