"""What every service of the emulator uses."""

import datetime
import os

ACCOUNT = "123456789012"
PAGE_SIZE = int(os.environ.get("PAGE_SIZE", "1000"))
# Where the emulator listens, once it does.
URL = None


def now():
    """The time as moto keeps it: UTC, without saying so."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def parse(time):
    """An RFC 3339 time as moto keeps it."""
    parsed = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return parsed.astimezone(datetime.timezone.utc).replace(tzinfo=None)
