"""EC2: pages, regions that are not enabled, what AWS refuses, and instances that are as old as a test wants them.

Which regions are enabled is said by REGIONS, names with commas between; otherwise it is moto's choice.
"""

import os

from common import PAGE_SIZE, parse
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError, InvalidParameterCombination
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.tags import TagResponse

REGIONS = os.environ.get("REGIONS")
STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
PROTECTIONS = {"disable_api_termination": "disableApiTermination", "disable_api_stop": "disableApiStop"}


def describe_regions(request):
    """moto lists those of other partitions, and those that are not enabled though nobody asked for them."""
    request.error_on_dryrun()
    regions = request.ec2_backend.describe_regions(request._get_param("RegionNames", []))
    regions = [region for region in regions if not region.name.startswith(("cn-", "us-gov-"))]
    for region in regions:
        if REGIONS is not None:
            region.opt_in_status = "opt-in-not-required" if region.name in REGIONS.split(",") else "not-opted-in"
    wanted = request._filters_from_querystring().get("opt-in-status")
    if wanted:
        regions = [region for region in regions if region.opt_in_status in wanted]
    if not request._get_bool_param("AllRegions"):
        regions = [region for region in regions if region.opt_in_status != "not-opted-in"]
    return ActionResult({"Regions": regions})


def describe_instances(request):
    """Pages of reservations. moto's break if the instance that a page ended with is gone."""
    request.error_on_dryrun()
    ids, filters = request._get_param("InstanceIds", []), request._filters_from_querystring()
    limit = request._get_param("MaxResults")
    if limit is not None and ids:
        raise InvalidParameterCombination("The parameter instancesSet cannot be used with the parameter maxResults")
    if limit is not None and not 5 <= int(limit) <= 1000:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ( {limit} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.",
        )
    if ids:
        reservations = request.ec2_backend.get_reservations_by_instance_ids(ids, filters=filters)
        return ActionResult({"Reservations": reservations})
    reservations = request.ec2_backend.describe_instances(filters=filters)
    start = int(request._get_param("NextToken") or 0)
    end = start + min(int(limit or 1000), PAGE_SIZE)
    token = str(end) if end < len(reservations) else None
    return ActionResult({"Reservations": reservations[start:end], "NextToken": token})


def create_tags(request, of_moto=TagResponse.create_tags):
    """AWS keeps `aws:` for itself, and says if there is no such instance."""
    if any(tag["Key"].lower().startswith("aws:") for tag in request._get_param("Tags", [])):
        raise EC2ClientError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    for resource in request._get_param("Resources", []):
        if resource.startswith("i-") and not request.ec2_backend.get_instance_by_id(resource):
            raise InvalidInstanceIdError(resource)
    return of_moto(request)


def stop_instances(backend, ids):
    """All or none. moto stops what comes before the one it refuses, and knows of stop protection only."""
    instances = backend.get_multi_instances_by_id(ids)
    for instance in instances:
        if instance.lifecycle == "spot":
            raise EC2ClientError(
                "UnsupportedOperation",
                f"You can't stop the Spot Instance '{instance.id}' because it is associated with a one-time Spot "
                "Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.",
            )
        if instance.state in ("pending", "shutting-down", "terminated"):
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"The instance '{instance.id}' is not in a state from which it can be stopped.",
            )
        if instance.disable_api_stop:
            raise refusal(instance, "stopped", "disableApiStop")
    return [(instance, instance.stop()) for instance in instances]


def terminate_instances(backend, ids):
    """A protected instance keeps those of its zone alive, and only those. Stop protection protects from this too."""
    if not ids:
        raise InvalidParameterCombination("No instances specified")
    instances = backend.get_multi_instances_by_id(ids)
    refused = {}
    for instance in instances:
        for attribute, name in PROTECTIONS.items():
            if getattr(instance, attribute) and instance.state != "terminated":
                refused.setdefault(instance.availability_zone, refusal(instance, "terminated", name))
    doomed = [instance for instance in instances if instance.availability_zone not in refused]
    terminated = [(instance, instance.terminate()) for instance in doomed]
    for error in refused.values():
        raise error
    return terminated


def refusal(instance, what, attribute):
    return EC2ClientError(
        "OperationNotPermitted",
        f"The instance '{instance.id}' may not be {what}. Modify its '{attribute}' instance attribute and try again.",
    )


def modify_instance_attribute(backend, instance_id, key, value):
    """moto takes the word `false` for true, and protects spot instances."""
    instance = backend.get_instance(instance_id)
    if key in PROTECTIONS:
        value = str(value).lower() == "true"
        if instance.lifecycle == "spot":
            raise EC2ClientError(
                "UnsupportedOperation",
                f"Modifying '{PROTECTIONS[key]}' is not supported for spot instances.",
            )
    setattr(instance, key, value)
    return instance


AvailabilityZonesAndRegions.describe_regions = describe_regions
InstanceResponse.describe_instances = describe_instances
TagResponse.create_tags = create_tags
for operation in (stop_instances, terminate_instances, modify_instance_attribute):
    setattr(InstanceBackend, operation.__name__, operation)


def change(wanted):
    """Makes an instance what no call can make it."""
    backend = ec2_backends[wanted["account"]][wanted["region"]]
    instance = backend.get_instance(wanted["id"])
    if "launched" in wanted:
        instance.launch_time = parse(wanted["launched"])
    if "attached" in wanted:
        for device in instance.block_device_mapping.values():
            device.attach_time = parse(wanted["attached"])
            backend.get_volume(device.volume_id).attachment.attach_time = device.attach_time
    if "lifecycle" in wanted:
        instance.lifecycle = wanted["lifecycle"]
    if "state" in wanted:
        instance._state.name, instance._state.code = wanted["state"], STATES[wanted["state"]]
