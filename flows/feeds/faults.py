"""What went wrong on the network, as errors of one line that repeat no key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

import httpx

from flows.clock import now
from flows.feeds.errors import FeedError, ServiceBusyError, TransientFeedError

__all__ = ["asked_pause", "network_faults", "passing_fault"]

_BUSY = frozenset({429, 503})
_TIMED_OUT = 408
_SERVER_FAILED = 500
_LONGEST_RETRY_AFTER = 600.0


@contextmanager
def network_faults(host: str, answer_seconds: float) -> Iterator[None]:
    """Turn what a request raises into errors of feeds.

    Parameters
    ----------
    host : str
        Who is asked, for the message.
    answer_seconds : float
        Bound that a `TimeoutError` stands for.

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
            f"the request to {host or 'the service'} cannot be sent: its address is none, or a key or the "
            "contact holds characters that are not allowed; check the settings"
        ) from None
    except (httpx.HTTPError, OSError, ValueError) as error:
        what = str(error) or type(error).__name__
        raise TransientFeedError(f"cannot reach {host} ({what}); check the network and try again") from None


def passing_fault(host: str, status: int, retry_after: str, says: str) -> TransientFeedError | None:
    """Error of a status that may pass, None for one that will not.

    Parameters
    ----------
    host : str
    status : int
    retry_after : str
        Value of the header, empty without one.
    says : str
        What the service says of it, after a colon; may be empty.
    """
    if status in _BUSY:
        pause = asked_pause(retry_after)
        wait = "" if pause is None else f" for {pause:.0f} seconds"
        return ServiceBusyError(f"{host} asks for a pause{wait} (status {status}){says}", pause)
    if status >= _SERVER_FAILED or status == _TIMED_OUT:
        return TransientFeedError(f"{host} failed (status {status}){says}")
    return None


def asked_pause(text: str) -> float | None:
    """Seconds that a Retry-After header asks for, at most ten minutes; None for no such header.

    Examples
    --------
    >>> asked_pause("7"), asked_pause("86400"), asked_pause("soon")
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
