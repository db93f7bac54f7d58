"""Acceptance: the whole product, a real FreeSWITCH with `freeswitch-conf`, and phones."""
