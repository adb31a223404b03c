"""What went wrong on the network, as errors of one line that repeat no key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx

from flows.clock import now
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError

__all__ = ["network_faults", "passing_fault", "remaining_allowance", "spent_allowance"]

_BUSY = frozenset({429, 503})
_TIMED_OUT = 408
_SERVER_FAILED = 500
_LONGEST_RETRY_AFTER = 600.0
_LONGEST_RESET = 40 * 86_400


@contextmanager
def network_faults(host: str, answer_seconds: float) -> Iterator[None]:
    """Turn what a request raises into errors of feeds.

    `answer_seconds` is the bound that a `TimeoutError` stands for.

    Raises
    ------
    TransientFeedError
        No connection, too slow, or cut off.
    FeedError
        When the request cannot be sent as it is.
    """
    try:
        yield
    except TimeoutError:
        raise TransientFeedError(
            f"{host} did not answer whole within {answer_seconds:g} seconds; try again later"
        ) from None
    except httpx.TimeoutException as error:
        step = "connect" if isinstance(error, httpx.ConnectTimeout) else "send anything"
        raise TransientFeedError(f"{host} took too long to {step}; try again later") from None
    except httpx.RemoteProtocolError as error:
        raise TransientFeedError(f"{host} cut its answer off ({error}); try again later") from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
        # What httpx says here may repeat a key.
        raise FeedError(
            f"the request to {host or 'the service'} cannot be sent: its address is invalid, or a key or the "
            "contact holds characters that are not allowed; check the settings"
        ) from None
    except (httpx.HTTPError, OSError, ValueError) as error:
        what = str(error) or type(error).__name__
        raise TransientFeedError(f"cannot reach {host} ({what}); check the network and try again") from None


def passing_fault(host: str, status: int, retry_after: str, says: str) -> TransientFeedError | None:
    """Error of a status that may pass, None for one that will not.

    `says` is what the service says of it, after a colon; may be empty.
    """
    if status in _BUSY:
        pause = _asked_pause(retry_after)
        wait = "" if pause is None else f" for {pause:.0f} seconds"
        return ServiceBusyError(f"{host} asks for a pause{wait} (status {status}){says}", pause)
    if status >= _SERVER_FAILED or status == _TIMED_OUT:
        return TransientFeedError(f"{host} failed (status {status}){says}")
    return None


def spent_allowance(host: str, headers: Mapping[str, str], says: str) -> FeedError | None:
    """Error of a refusal whose cause is a day's allowance that is used up, None for one of going too fast.

    OpenAlex counts credits a day and tells in every answer how many are left and in how many seconds there
    are new ones. Asking again before then would not help, so this error does not pass.

    Names of `headers` are in lower case.
    """
    left, needed, limit, reset = (
        _number(headers.get(f"x-ratelimit-{name}", ""))
        for name in ("remaining", "credits-required", "limit", "reset")
    )
    if left is None or reset is None or left >= max(needed or 1, 1):
        return None
    until = now() + timedelta(seconds=min(reset, _LONGEST_RESET))
    of = f" of {limit:,}" if limit else ""
    more = f", {needed:,} needed" if needed else ""
    return FeedError(
        f"{host}: the credits of the day are used up ({left:,}{of} left{more}); "
        f"it goes on at {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC, or sooner with a key of your own{says}"
    )


def remaining_allowance(host: str, headers: Mapping[str, str]) -> str:
    """What an answer says of the credits that are left, empty where it says nothing.

    Examples
    --------
    >>> remaining_allowance("a.org", {"x-ratelimit-remaining": "997", "x-ratelimit-limit": "1000"})
    'a.org: 997 of 1,000 credits left today'
    """
    left, limit = (_number(headers.get(f"x-ratelimit-{name}", "")) for name in ("remaining", "limit"))
    return "" if left is None or not limit else f"{host}: {left:,} of {limit:,} credits left today"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _asked_pause(text: str) -> float | None:
    """Seconds that a Retry-After header asks for, at most ten minutes; None for no such header.

    Examples
    --------
    >>> _asked_pause("7"), _asked_pause("86400"), _asked_pause("soon")
    (7.0, 600.0, None)
    """
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), _LONGEST_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
