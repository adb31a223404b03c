"""What tests of many examples share: how many Hypothesis tries (all in CI, else a tenth), a file for each."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings


def examples(most: int, **other: object) -> settings:
    """Settings of a test that tries `most` examples under the profile ``thorough``, else a tenth, at least 5."""
    is_thorough = settings.get_current_profile_name() == "thorough"
    return settings(max_examples=most if is_thorough else max(5, most // 10), **other)


def write_again(path: Path, content: bytes) -> None:
    """Write a new file in place of an old one, which ext4 would write to the disk at once if it were cut."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)
