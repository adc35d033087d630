"""Organizations: lists in pages, for the management account only, and accounts with the ids that a test wants."""

import json

from common import ACCOUNT, PAGE_SIZE
from moto.organizations import utils
from moto.organizations.exceptions import AWSOrganizationsNotInUseException, OrganizationsClientError
from moto.organizations.models import organizations_backends
from moto.organizations.responses import OrganizationsResponse

# Of the states of an account, those that are a status too. A closed one is suspended there.
STATUSES = ("ACTIVE", "SUSPENDED", "PENDING_CLOSURE")


def listing(name, items):
    """An operation that lists something, in moto's order, which is that of creation."""

    def answer(request):
        backend = request.organizations_backend
        if backend.org is None:
            if request.current_account in organizations_backends.master_accounts:
                raise OrganizationsClientError(
                    "AccessDeniedException", "You don't have permissions to access this resource."
                )
            raise AWSOrganizationsNotInUseException
        found = items(backend, request._get_param)
        start = int(request._get_param("NextToken") or 0)
        end = start + min(request._get_param("MaxResults") or 20, PAGE_SIZE)
        position = {"NextToken": str(end)} if end < len(found) else {}
        return json.dumps({name: found[start:end], **position})

    return answer


def children(backend, items, parent):
    backend.validate_parent_id(parent)
    return [item.describe() for item in items if item.parent_id == parent]


def roots(backend, _):
    return backend.list_roots()["Roots"]


def accounts(backend, _):
    return [account.describe() for account in backend.accounts]


def accounts_of_parent(backend, asked):
    return children(backend, backend.accounts, asked("ParentId"))


def units_of_parent(backend, asked):
    return [unit["OrganizationalUnit"] for unit in children(backend, backend.ou[1:], asked("ParentId"))]


def tags(backend, asked):
    return backend.list_tags_for_resource(ResourceId=asked("ResourceId"))["Tags"]


OrganizationsResponse.list_roots = listing("Roots", roots)
OrganizationsResponse.list_accounts = listing("Accounts", accounts)
OrganizationsResponse.list_accounts_for_parent = listing("Accounts", accounts_of_parent)
OrganizationsResponse.list_organizational_units_for_parent = listing("OrganizationalUnits", units_of_parent)
OrganizationsResponse.list_tags_for_resource = listing("Tags", tags)


def build(wanted):
    """Makes the organization, or what it lacks, and tells the ids."""
    backend, made = organizations_backends[ACCOUNT]["aws"], {}
    if backend.org is None:
        backend.create_organization("us-east-1")
    for account in wanted["accounts"]:
        units = list(units_on_way(backend, account.get("unit", "")))
        made.update(units)
        put(backend, account, units[-1][1])
    return {"id": backend.org.id, "root": made.pop(""), "units": made}


def units_on_way(backend, path):
    """Paths and ids from the root, which has no name, to a unit. What is not there is made."""
    parent, way = backend.org.root_id, []
    yield "", parent
    for name in filter(None, path.split("/")):
        found = next((unit.id for unit in backend.ou if (unit.name, unit.parent_id) == (name, parent)), None)
        parent = found or create_unit(backend, name, parent)
        way.append(name)
        yield "/".join(way), parent


def create_unit(backend, name, parent):
    return backend.create_organizational_unit(Name=name, ParentId=parent)["OrganizationalUnit"]["Id"]


def put(backend, wanted, parent):
    if wanted["id"] not in (account.id for account in backend.accounts):
        create(backend, wanted["id"])
    account = backend.get_account_by_id(wanted["id"])
    account.name, account.email = wanted.get("name", wanted["id"]), f"{wanted['id']}@example.com"
    account.state = wanted.get("state", "ACTIVE")
    account.status = account.state if account.state in STATUSES else "SUSPENDED"
    account.tags, account.parent_id = wanted.get("tags", {}), parent


def create(backend, account):
    """moto would roll dice for the id."""
    of_moto, utils.make_random_account_id = utils.make_random_account_id, lambda: account
    try:
        backend.create_account(AccountName=account, Email=account)
    finally:
        utils.make_random_account_id = of_moto


def of(account):
    """The id of the organization that an account is in, or None."""
    backend = organizations_backends[ACCOUNT]["aws"]
    return backend.org.id if account in (one.id for one in backend.accounts) else None
