"""What a package is made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

import datetime
import hashlib
import json
import uuid

# Names of documents come from here; any fixed one would do.
NAMES = uuid.UUID("6f0c6a5e-3e0b-5d0a-9d7f-2b1f4c1e8a55")


def component(kind, crate):
    """A crate."""
    made = {"type": kind, "bom-ref": crate.url, "name": crate.name, "version": crate.version}
    if crate.description:
        made["description"] = crate.description
    if crate.checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    if crate.licence:
        made["licenses"] = [{"expression": crate.licence}]
    made["purl"] = crate.url
    if crate.repository:
        made["externalReferences"] = [{"type": "vcs", "url": crate.repository}]
    return made


def sbom(name, crates, features, target, libraries, binary, epoch):
    """The document. `libraries` are linked besides the crates, `binary` is what all this is about."""
    program = component("application", crates.program)
    program["name"] = name
    program["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(binary).hexdigest()}]
    program["properties"] = [
        {"name": "sleuth:features", "value": features},
        {"name": "sleuth:target", "value": target},
    ]
    linked = [
        {
            "type": "library",
            "bom-ref": f"{each.name}@{each.version}",
            "name": each.name,
            "version": each.version,
            "description": each.description,
            "licenses": [{"expression": each.licence}],
        }
        for each in libraries
    ]
    refs = [each["bom-ref"] for each in linked]
    needs = [
        {"ref": crate.url, "dependsOn": [each.url for each in needed] + refs}
        for crate, needed in sorted(crates.needs.items(), key=lambda item: item[0].url)
    ]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": program,
        },
        "components": [component("library", crate) for crate in crates.needed] + linked,
        "dependencies": [*needs, *({"ref": ref} for ref in refs)],
    }
    # The same content has the same name.
    number = uuid.uuid5(NAMES, json.dumps(document, sort_keys=True))
    return json.dumps({**document, "serialNumber": f"urn:uuid:{number}"}, indent=2) + "\n"
