"""How many examples a test by Hypothesis tries: all of them in CI, a tenth on every other day."""

from __future__ import annotations

from hypothesis import settings


def examples(most: int, **other: object) -> settings:
    """Settings of a test that tries `most` examples under the profile ``thorough``, else a tenth, at least 5."""
    is_thorough = settings.get_current_profile_name() == "thorough"
    return settings(max_examples=most if is_thorough else max(5, most // 10), **other)
