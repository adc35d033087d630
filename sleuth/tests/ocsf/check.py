"""Checks lines of OCSF on stdin with somebody else's model of the schema, and prints how many there are."""

import json
import sys

from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.objects.cloud import Cloud

# What the schema has (https://schema.ocsf.io/1.5.0/classes/compliance_finding?profiles=cloud) and the model lacks. Of
# what else it does not know the name is wrong.
LACKING = {
    "cloud",
    "compliance.status",
    "compliance.status_code",
    "compliance.status_detail",
}


def unknown(given, kept, path=""):
    """The paths of all fields that the model did not take in."""
    if isinstance(given, dict):
        for name, value in given.items():
            at = f"{path}.{name}".lstrip(".")
            if name not in kept:
                yield at
            else:
                yield from unknown(value, kept[name], at)
    elif isinstance(given, list):
        for one, other in zip(given, kept, strict=True):
            yield from unknown(one, other, path)


count = 0
for line in sys.stdin:
    finding = json.loads(line)
    # Ours, and of any form.
    finding.pop("unmapped")
    kept = ComplianceFinding.model_validate(finding).model_dump(mode="json", exclude_none=True)
    wrong = set(unknown(finding, kept)) - LACKING
    assert not wrong, f"{sorted(wrong)} in {line}"
    assert not list(unknown(finding["cloud"], Cloud.model_validate(finding["cloud"]).model_dump(mode="json")))
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    count += 1
print(count)
