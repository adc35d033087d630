"""Whether the emulator does as AWS does with functions, organizations and roles, which many accounts need."""

import json
import subprocess
import time
import unittest
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError
from emulated import Emulator

PLAN = {"step": "plan", "run": "r1", "account": "1"}
LIST = {"step": "list", "run": "r1"}


class Tests(unittest.TestCase):
    def setUp(self):
        self.aws = self.enterContext(Emulator(PAGE_SIZE="2"))

    def refused(self, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        return raised.exception.response["Error"]["Code"]


class Functions(Tests):
    def setUp(self):
        super().setUp()
        self.functions = self.aws.client("lambda")

    def function(self, **settings):
        self.arn = self.aws.function("worker", **settings)

    def invoke(self, event):
        """Whether the function failed, and what it answered."""
        answer = self.functions.invoke(FunctionName=self.arn, Payload=json.dumps(event))
        return "FunctionError" in answer, json.load(answer["Payload"])

    def fault(self, fault, **more):
        self.aws.tell("function-fault", {"name": "worker", "fault": fault, **more})

    def processes(self, number):
        """The processes that so many invocations at once come to."""
        with ThreadPoolExecutor(number) as pool:
            return [answer["process"] for _, answer in pool.map(self.invoke, [PLAN] * number)]

    def test_invocations_at_once_get_a_process_each_which_is_used_again(self):
        self.function(WORK="0.5")
        first, second = self.processes(4), self.processes(4)
        self.assertEqual(len(set(first)), 4)
        self.assertEqual(set(first), set(second))

    def test_no_more_than_the_processes_there_may_be(self):
        self.function(processes=2)
        self.assertLessEqual(len(set(self.processes(6))), 2)

    def test_error_of_a_function_is_its_own(self):
        self.function(FAIL="plan", ERROR="Sleuth.Configuration")
        error = {"errorType": "Sleuth.Configuration", "errorMessage": "this is a test"}
        self.assertEqual(self.invoke(PLAN), (True, error))

    def test_process_that_ends_fails_its_invocation_and_the_next_one_gets_another(self):
        self.function()
        process = self.invoke(PLAN)[1]["process"]
        self.fault("exit", contains='"account":"1"', times=1)
        failed, answer = self.invoke(PLAN)
        self.assertEqual((failed, answer["errorType"]), (True, "Runtime.ExitError"))
        self.assertRegex(answer["errorMessage"], "^RequestId: [-0-9a-f]+ Error: Runtime exited .*: signal: killed$")
        failed, answer = self.invoke(PLAN)
        self.assertFalse(failed)
        self.assertNotEqual(answer["process"], process)

    def test_time_that_passes_ends_the_process(self):
        self.function(timeout=1)
        process = self.invoke(PLAN)[1]["process"]
        self.fault("hang", times=1)
        failed, answer = self.invoke(PLAN)
        self.assertEqual((failed, answer["errorType"]), (True, "Sandbox.Timedout"))
        self.assertRegex(answer["errorMessage"], "^RequestId: [-0-9a-f]+ Error: Task timed out after 1.00 seconds$")
        self.assertNotEqual(self.invoke(PLAN)[1]["process"], process)

    def test_program_that_never_asks_for_an_invocation_has_ended(self):
        self.arn = self.aws.tell("function", {"name": "worker", "program": "/bin/false"})["arn"]
        failed, answer = self.invoke(PLAN)
        self.assertEqual((failed, answer["errorType"]), (True, "Runtime.ExitError"))
        self.assertIn("exit status 1", answer["errorMessage"])

    def test_another_answer_is_given_after_the_work_or_without_it(self):
        self.function()
        self.fault("answer", answer="done", times=1)
        self.assertEqual(self.invoke(PLAN), (False, "done"))
        self.assertEqual(self.aws.events("worker"), [PLAN])
        self.fault("skip", answer="done", times=1)
        self.assertEqual(self.invoke(PLAN), (False, "done"))
        self.assertEqual(self.aws.events("worker"), [PLAN])

    def test_too_many_invocations_are_refused_as_lambda_does(self):
        self.function()
        self.fault("throttle", times=1)
        self.assertEqual(self.refused(self.invoke, event=PLAN), "TooManyRequestsException")
        self.assertFalse(self.invoke(PLAN)[0])

    def test_process_ends_before_or_after_a_call_of_aws(self):
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket="reports")
        self.function(ACCOUNTS='["1"]')
        for done in [False, True]:
            self.aws.tell("fault", {"operation": "PutObject", "kill": True, "done": done, "times": 1})
            self.assertEqual(self.invoke(LIST)[1]["errorType"], "Runtime.ExitError")
            self.assertEqual("Contents" in s3.list_objects_v2(Bucket="reports"), done)
        self.assertFalse(self.invoke(LIST)[0])
        calls = [call for call in self.aws.tell("calls") if call["body"] == "reports/r1/accounts.json"]
        self.assertEqual([(call["account"], call["operation"]) for call in calls], [("123456789012", "PutObject")] * 3)

    def test_no_process_outlives_the_emulator(self):
        self.function(WORK="1000")
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(self.invoke, PLAN)
            while not self.aws.events("worker"):
                time.sleep(0.01)
            self.assertTrue(self.lives())
            self.aws.process.kill()
            self.assertIsNotNone(busy.exception())
        end = time.monotonic() + 10
        while self.lives() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertFalse(self.lives())

    def lives(self):
        """Whether any process of the function does. One that ended has no arguments any more."""
        listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
        return f"{self.aws.folder.name}/worker" in listed


class Organization(Tests):
    def setUp(self):
        super().setUp()
        self.organizations = self.aws.client("organizations")

    def listed(self, operation, **asked):
        """What all pages list, and how many they are."""
        pages = list(self.organizations.get_paginator(operation).paginate(**asked))
        [name] = pages[0].keys() - {"NextToken", "ResponseMetadata"}
        return [item for page in pages for item in page[name]], len(pages)

    def test_accounts_are_where_and_what_a_test_wants(self):
        accounts = [
            {"id": "111111111111", "name": "web", "unit": "Sandbox/Dev", "tags": {"Slack": "#web"}},
            {"id": "222222222222", "unit": "Sandbox", "state": "SUSPENDED"},
            {"id": "333333333333", "state": "CLOSED"},
            {"id": "444444444444", "unit": "Sandbox/Dev"},
        ]
        made = self.aws.tell("organization", {"accounts": accounts})
        found, pages = self.listed("list_accounts")
        states = [(account["Id"], account["State"], account["Status"]) for account in found]
        self.assertEqual(pages, 3)
        self.assertEqual(
            states,
            [
                ("123456789012", "ACTIVE", "ACTIVE"),
                ("111111111111", "ACTIVE", "ACTIVE"),
                ("222222222222", "SUSPENDED", "SUSPENDED"),
                ("333333333333", "CLOSED", "SUSPENDED"),
                ("444444444444", "ACTIVE", "ACTIVE"),
            ],
        )
        self.assertEqual(found[1]["Name"], "web")
        self.assertEqual([root["Id"] for root in self.listed("list_roots")[0]], [made["root"]])
        units, _ = self.listed("list_organizational_units_for_parent", ParentId=made["root"])
        self.assertEqual([(unit["Id"], unit["Name"]) for unit in units], [(made["units"]["Sandbox"], "Sandbox")])
        below, _ = self.listed("list_accounts_for_parent", ParentId=made["units"]["Sandbox/Dev"])
        self.assertEqual([account["Id"] for account in below], ["111111111111", "444444444444"])
        tags, _ = self.listed("list_tags_for_resource", ResourceId="111111111111")
        self.assertEqual(tags, [{"Key": "Slack", "Value": "#web"}])

        accounts = [{"id": "111111111111", "unit": "Sandbox"}, {"id": "555555555555", "unit": "Sandbox/Dev"}]
        self.assertEqual(self.aws.tell("organization", {"accounts": accounts}), made)
        below, _ = self.listed("list_accounts_for_parent", ParentId=made["units"]["Sandbox/Dev"])
        self.assertEqual([account["Id"] for account in below], ["444444444444", "555555555555"])

    def test_only_the_management_account_may_look(self):
        outside = self.organizations.list_accounts
        self.assertEqual(self.refused(outside), "AWSOrganizationsNotInUseException")
        self.aws.tell("organization", {"accounts": [{"id": "111111111111"}]})
        member = self.aws.client("organizations", "111111111111").list_accounts
        self.assertEqual(self.refused(member), "AccessDeniedException")
        children = self.organizations.list_accounts_for_parent
        self.assertEqual(self.refused(children, ParentId="ou-abcd-11111111"), "ParentNotFoundException")

    def assume(self, client, account):
        arn = f"arn:aws:iam::{account}:role/Sleuth"
        return client.assume_role(RoleArn=arn, RoleSessionName="night", ExternalId="secret")

    def test_role_of_one_account_may_be_denied_and_what_was_asked_is_seen(self):
        sts = self.aws.client("sts")
        denied = {"service": "sts", "operation": "AssumeRole", "code": "AccessDenied", "status": 403}
        self.aws.tell("fault", {**denied, "contains": "arn:aws:iam::222222222222:role/"})
        self.assertIn("Credentials", self.assume(sts, "111111111111"))
        self.assertEqual(self.refused(self.assume, client=sts, account="222222222222"), "AccessDenied")
        bodies = [call["body"] for call in self.aws.tell("calls")]
        for body in bodies:
            self.assertIn("RoleSessionName=night&ExternalId=secret", body)
        self.assertIn("RoleArn=arn:aws:iam::222222222222:role/Sleuth", bodies[1])

    def test_policy_may_be_about_the_roles_of_the_organization(self):
        made = self.aws.tell("organization", {"accounts": [{"id": "111111111111"}]})
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": "arn:aws:iam::*:role/Sleuth",
            "Condition": {"StringEquals": {"aws:ResourceOrgID": made["id"]}},
        }
        iam = self.aws.client("iam")
        iam.create_user(UserName="alice")
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        iam.put_user_policy(UserName="alice", PolicyName="roles", PolicyDocument=policy)
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        request = urllib.request.Request(f"{self.aws.url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
        urllib.request.urlopen(request).close()
        sts = self.aws.client("sts", key=key["AccessKeyId"])
        self.assertIn("Credentials", self.assume(sts, "111111111111"))
        self.assertEqual(self.refused(self.assume, client=sts, account="222222222222"), "AccessDenied")


class Claims(Tests):
    def test_of_many_that_claim_one_does(self):
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket="reports")

        def claim(number):
            try:
                return s3.put_object(Bucket="reports", Key="claim", Body=str(number), IfNoneMatch="*") and "claimed"
            except ClientError as error:
                return error.response["Error"]["Code"]

        with ThreadPoolExecutor(8) as pool:
            answers = sorted(pool.map(claim, range(8)))
        self.assertEqual(answers, ["PreconditionFailed"] * 7 + ["claimed"])


if __name__ == "__main__":
    unittest.main()
