"""An emulator as it was when it started, so that one can serve several tests after another."""

import sys

import calls
import faults
from moto.moto_api._internal.models import moto_api_backend


def reset(_):
    moto_api_backend.reset()
    calls.CALLS.clear()
    faults.FAULTS.clear()
    # It is not there before CloudTrail is called.
    if trail := sys.modules.get("cloudtrail"):
        trail.EVENTS.clear()
        trail.LOOKUPS.clear()
    # No more are functions.
    if functions := sys.modules.get("functions"):
        functions.reset()
