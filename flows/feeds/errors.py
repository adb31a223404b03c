"""What can go wrong between a service and us. All of them pickle, and none names a key."""

from __future__ import annotations

from analytics.exceptions import PapertrendsError

__all__ = ["FeedError", "ServiceBusyError", "TransientFeedError"]


class FeedError(PapertrendsError):
    """A service refuses what was asked; asking again would not help."""


class TransientFeedError(FeedError):
    """A service or the way to it failed for the moment; asking again may help."""


class ServiceBusyError(TransientFeedError):
    """A service asks to be left alone for a while.

    `retry_after_s` is at most ten minutes, None where the service does not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[type[ServiceBusyError], tuple[str, float | None]]:
        """Rebuild from both values: by default only the message would be given."""
        return type(self), (str(self), self.retry_after_s)
