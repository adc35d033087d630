"""CloudTrail: LookupEvents, which moto lacks, over records that a test puts in.

It throttles more than LOOKUP_RATE calls in a second, account and region. AWS's rate is 2; without the variable there
is none.
"""

import collections
import datetime
import hashlib
import json
import os
import threading
import time
import uuid

from common import PAGE_SIZE, now, parse
from moto.core.exceptions import JsonRESTError
from moto.cloudtrail.responses import CloudTrailResponse

LOOKUP_RATE = int(os.environ.get("LOOKUP_RATE", "0"))
REACH = datetime.timedelta(days=90)

# By account and region.
EVENTS = collections.defaultdict(list)
LOOKUPS = collections.defaultdict(list)
LOCK = threading.Lock()


def put(wanted):
    EVENTS[wanted["account"], wanted["region"]] += map(event, wanted["events"])


def event(record):
    """The event that a lookup finds, of a record as a log file holds it."""
    record = {"eventID": str(uuid.uuid4()), **record}
    found = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventTime": seconds(parse(record["eventTime"])),
        "EventSource": record.get("eventSource", "ec2.amazonaws.com"),
        "ReadOnly": str(record.get("readOnly", False)).lower(),
        "Resources": [{"ResourceType": "AWS::EC2::Instance", "ResourceName": name} for name in instances(record)],
        "CloudTrailEvent": json.dumps(record),
    }
    if name := username(record["userIdentity"]):
        found["Username"] = name
    return found


def seconds(moment):
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def username(identity):
    """A role has no name here, only its session has. A service that acts for itself has none at all."""
    if identity["type"] == "AssumedRole":
        return identity["arn"].rpartition("/")[2]
    if identity["type"] == "Root":
        return "root"
    return identity.get("userName")


def instances(record):
    """What was launched, changed or tagged. A call that failed answered with null."""
    asked, answered = record.get("requestParameters") or {}, record.get("responseElements") or {}
    items = [
        *answered.get("instancesSet", {}).get("items", []),
        *asked.get("instancesSet", {}).get("items", []),
        *asked.get("resourcesSet", {}).get("items", []),
    ]
    ids = [item.get("instanceId") or item.get("resourceId") or "" for item in items]
    return list(dict.fromkeys(name for name in ids if name.startswith("i-")))


def lookup_events(request):
    throttle(request.current_account, request.region)
    asked = json.loads(request.body)
    start, end = asked.get("StartTime", 0), asked.get("EndTime", float("inf"))
    if start > end:
        raise JsonRESTError("InvalidTimeRangeException", "The start time is after the end time.")
    limit = asked.get("MaxResults", 50)
    if not 1 <= limit <= 50:
        raise JsonRESTError("InvalidMaxResultsException", "MaxResults must be from 1 to 50.")
    start = max(start, seconds(now() - REACH))
    found = [
        event
        for event in EVENTS[request.current_account, request.region]
        if start <= event["EventTime"] <= end and concerns(event, asked.get("LookupAttributes", []))
    ]
    found.sort(key=lambda event: event["EventTime"], reverse=True)
    first = position(asked)
    last = first + min(limit, PAGE_SIZE)
    answer = {"Events": found[first:last]}
    if last < len(found):
        answer["NextToken"] = f"{digest(asked)}-{last}"
    return json.dumps(answer)


def throttle(*place):
    with LOCK:
        moment = time.monotonic()
        LOOKUPS[place] = [lookup for lookup in LOOKUPS[place] if moment - lookup < 1]
        if LOOKUP_RATE and len(LOOKUPS[place]) >= LOOKUP_RATE:
            raise JsonRESTError("ThrottlingException", "Rate exceeded")
        LOOKUPS[place].append(moment)


def concerns(event, attributes):
    if not attributes:
        return True
    if [attribute["AttributeKey"] for attribute in attributes] != ["ResourceName"]:
        raise JsonRESTError("InvalidLookupAttributesException", "Here it must be one: ResourceName.")
    return any(resource["ResourceName"] == attributes[0]["AttributeValue"] for resource in event["Resources"])


def position(asked):
    """Where a page starts. A token is worth nothing if anything else is asked with it."""
    if "NextToken" not in asked:
        return 0
    question, _, start = asked["NextToken"].partition("-")
    if question != digest(asked):
        raise JsonRESTError("InvalidNextTokenException", "The token belongs to a request with other parameters.")
    return int(start)


def digest(asked):
    question = {key: value for key, value in asked.items() if key not in ("NextToken", "MaxResults")}
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]


CloudTrailResponse.lookup_events = lookup_events
