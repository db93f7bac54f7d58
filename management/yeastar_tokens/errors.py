"""What can go wrong with a token.

TokenExpired (Unauthenticated)      it is not valid any more, or never was
TooManyTokens (TooManyRequests)     the key has as many as one may have
"""

from management.errors import TooManyRequests, Unauthenticated


class TokenExpired(Unauthenticated):
    """Expired, deleted, replaced, or never made: who asked makes another one."""


class TooManyTokens(TooManyRequests):
    """One must expire, or be deleted; the first one does so after `retry_after_seconds`."""
