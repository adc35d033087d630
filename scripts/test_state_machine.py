"""The state machine of a run over many accounts: its definition, and what it does with a function in the emulator."""

import collections
import json
import re
import time
import unittest

from emulated import HERE, Emulator

SOURCE = HERE.parent / "terraform" / "modules" / "organization" / "state_machine.asl.json"
PLACEHOLDERS = {"function_arn", "max_concurrency", "partition", "timeout_seconds", "tolerated_failure_percentage"}
# So much may be what a state puts out.
LIMIT = 256 * 1024


def machines(machine):
    """A state machine, and those that its maps start for each item."""
    yield machine
    for state in machine["States"].values():
        if state["Type"] == "Map":
            yield from machines(state["ItemProcessor"])


def ways(state):
    """The states that may come after one."""
    steps = [state, *state.get("Choices", []), *state.get("Catch", [])]
    return {step["Next"] for step in steps if "Next" in step} | {state[way] for way in ["Default"] if way in state}


def within(machine, start, without=None):
    """The states that are reached from one of them, on ways that do not lead through another."""
    reached, ahead = set(), [start]
    while ahead:
        name = ahead.pop()
        if name not in reached and name != without:
            reached.add(name)
            ahead += ways(machine["States"][name])
    return reached


class Definition(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = SOURCE.read_text()
        cls.machine = json.loads(cls.text)
        cls.states = {name: state for machine in machines(cls.machine) for name, state in machine["States"].items()}
        cls.maps = [state for state in cls.states.values() if state["Type"] == "Map"]

    def of_type(self, *types):
        return {name: state for name, state in self.states.items() if state["Type"] in types}

    def test_placeholders_are_those_that_are_filled(self):
        self.assertEqual(set(re.findall(r"[$%]\{(\w+)\}", self.text)), PLACEHOLDERS)

    def test_every_state_is_reached_and_has_a_name_of_its_own(self):
        for machine in machines(self.machine):
            self.assertEqual(within(machine, machine["StartAt"]), set(machine["States"]))
        self.assertEqual(len(self.states), sum(len(machine["States"]) for machine in machines(self.machine)))

    def test_nothing_is_applied_but_through_the_gate(self):
        for state in ["Gate", "Open?", "Plan", "List", "Duplicate?"]:
            self.assertNotIn("Apply", within(self.machine, self.machine["StartAt"], without=state), state)

    def test_every_task_has_its_time_and_is_tried_again(self):
        tasks = self.of_type("Task")
        self.assertEqual(len(tasks), 5)
        for name, task in tasks.items():
            self.assertIn("TimeoutSecondsPath", task, name)
            # Each has its own copy.
            self.assertEqual(task["Retry"], tasks["List"]["Retry"], name)

    def test_only_what_may_pass_is_tried_again_and_not_all_at_once(self):
        for retrier in self.states["List"]["Retry"]:
            self.assertGreater(retrier["BackoffRate"], 1)
            self.assertEqual(retrier["JitterStrategy"], "FULL")
            for error in retrier["ErrorEquals"]:
                # Of Sleuth's only that AWS did not answer, and no name that stands for others.
                self.assertRegex(error, r"^(Lambda|Runtime|Sandbox)\.|^States\.Timeout$|^Sleuth\.Unavailable$")

    def test_no_map_is_started_again(self):
        for state in self.maps:
            self.assertNotIn("Retry", state)

    def test_people_are_told_whatever_fails_after_the_list(self):
        for name in ["Plan", "Gate", "Apply"]:
            [catch] = self.states[name]["Catch"]
            self.assertEqual((catch["ErrorEquals"], catch["Next"]), (["States.ALL"], "Consolidate"), name)
            # The name of the run is kept.
            self.assertNotEqual(catch["ResultPath"], "$", name)
        self.assertNotIn("Catch", self.states["List"])
        self.assertNotIn("Catch", self.states["Consolidate"])

    def test_maps_are_distributed_to_executions_that_outlast_five_minutes(self):
        for state in self.maps:
            config = state["ItemProcessor"]["ProcessorConfig"]
            self.assertEqual(config, {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})
            self.assertLessEqual(len(state["Label"]), 40)

    def test_the_answers_of_ten_thousand_accounts_fit(self):
        for state in self.maps:
            for last in state["ItemProcessor"]["States"].values():
                # Which puts out `{}`.
                self.assertTrue(last["End"] and last["OutputPath"] is None)
            self.assertIsNone(state["ResultPath"])
        self.assertLess(10_000 * len("{},"), LIMIT)


class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.aws = cls.enterClassContext(Emulator())
        cls.aws.client("s3").create_bucket(Bucket="reports")
        cls.steps = cls.aws.client("stepfunctions")

    def setUp(self):
        self.name = self._testMethodName

    def machine(self, tolerated=25, timeout=30, **environment):
        """A state machine of its own for each test, and its function with the same name."""
        arn = self.aws.function(self.name, timeout=timeout, **environment)
        values = {"function_arn": arn, "partition": "aws", "timeout_seconds": timeout + 10}
        values |= {"max_concurrency": 4, "tolerated_failure_percentage": tolerated}
        definition = SOURCE.read_text()
        for placeholder in PLACEHOLDERS:
            definition = definition.replace(f"${{{placeholder}}}", str(values[placeholder]))
        role = "arn:aws:iam::123456789012:role/machine"
        return self.steps.create_state_machine(name=self.name, definition=definition, roleArn=role)["stateMachineArn"]

    def run_of(self, machine, execution="nightly", given='{"run": "r1"}'):
        """How an execution ended, and which states it went through."""
        started = self.steps.start_execution(stateMachineArn=machine, name=execution, input=given)
        arn, ended = started["executionArn"], {"status": "RUNNING"}
        while ended["status"] == "RUNNING":
            time.sleep(0.02)
            ended = self.steps.describe_execution(executionArn=arn)
        history = self.steps.get_execution_history(executionArn=arn)["events"]
        return ended, [event["stateEnteredEventDetails"]["name"] for event in history if "Entered" in event["type"]]

    def fault(self, fault, contains, **more):
        self.aws.tell("function-fault", {"name": self.name, "fault": fault, "contains": contains, **more})

    def events(self):
        return self.aws.events(self.name)

    def invocations(self):
        """How often the function got each step, with the account if there is one."""
        return collections.Counter(f"{event['step']} {event.get('account', '')}".strip() for event in self.events())

    def test_all_is_well(self):
        machine = self.machine(ACCOUNTS='["1", "2", "3"]', APPLY='["1", "3"]')
        ended, entered = self.run_of(machine)
        self.assertEqual((ended["status"], json.loads(ended["output"])), ("SUCCEEDED", {"told": "r1"}))
        order = [state for state in entered if state in ["List", "Plan", "Gate", "Apply", "Consolidate"]]
        self.assertEqual(order, ["List", "Plan", "Gate", "Apply", "Consolidate"])
        once = ["list", "plan 1", "plan 2", "plan 3", "gate", "apply 1", "apply 3", "consolidate"]
        self.assertEqual(self.invocations(), collections.Counter(once))
        arn = ended["executionArn"]
        fields = {event["step"]: {name: event[name] for name in event.keys() - {"step"}} for event in self.events()}
        self.assertEqual(fields["list"], {"run": "r1", "execution": arn})
        self.assertEqual(fields["gate"], {"run": "r1"})
        self.assertEqual(fields["apply"].keys(), {"run", "account"})
        self.assertEqual(fields["consolidate"], {"run": "r1", "execution": arn})

    def test_run_is_named_by_its_input_or_its_event_or_its_execution(self):
        machine = self.machine()
        for given, name in [
            ('{"run": "r1", "time": "2026-01-01T06:00:00Z"}', "r1"),
            ('{"time": "2026-01-01T06:00:00Z", "detail": {}}', "2026-01-01T06:00:00Z"),
            ("{}", "execution-2"),
        ]:
            execution = f"execution-{len(self.events()) // 3}"
            ended, _ = self.run_of(machine, execution, given)
            self.assertEqual(json.loads(ended["output"]), {"told": name})

    def test_nothing_to_apply(self):
        ended, entered = self.run_of(self.machine(ACCOUNTS='["1", "2"]'))
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertIn("Consolidate", entered)
        self.assertNotIn("Apply", entered)

    def test_duplicate_does_nothing(self):
        ended, entered = self.run_of(self.machine(DUPLICATE="yes"))
        self.assertEqual((ended["status"], entered[-1]), ("SUCCEEDED", "Duplicate"))
        self.assertEqual(self.invocations(), {"list": 1})

    def test_account_whose_worker_always_dies_stops_no_other(self):
        machine = self.machine(ACCOUNTS='["1", "2", "3", "4"]', APPLY='["1"]')
        self.fault("exit", '"step":"plan","run":"r1","account":"2"')
        ended, entered = self.run_of(machine)
        self.assertEqual((ended["status"], entered[-3:]), ("SUCCEEDED", ["Consolidate", "Failed?", "Done"]))
        invocations = self.invocations()
        for step in ["plan 1", "plan 3", "plan 4", "gate", "apply 1", "consolidate"]:
            self.assertEqual(invocations[step], 1, step)

    def test_too_many_accounts_that_fail_change_nothing_and_people_are_told(self):
        machine = self.machine(ACCOUNTS='["1", "2", "3", "4"]', APPLY='["1"]')
        for account in ["2", "3"]:
            self.fault("exit", f'"account":"{account}"')
        ended, entered = self.run_of(machine)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "Sleuth.Incomplete"))
        self.assertRegex(ended["cause"], "^States.ExceedToleratedFailureThreshold: ")
        self.assertIn("Consolidate", entered)
        self.assertFalse({"Gate", "Apply"} & set(entered), entered)

    def test_too_many_that_fail_while_they_apply_are_told(self):
        machine = self.machine(ACCOUNTS='["1", "2"]', APPLY='["1", "2"]')
        self.fault("exit", '"step":"apply","run":"r1","account":"2"')
        ended, entered = self.run_of(machine)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "Sleuth.Incomplete"))
        self.assertRegex(ended["cause"], "^States.ExceedToleratedFailureThreshold: ")
        self.assertEqual(entered[-4:], ["Apply", "Consolidate", "Failed?", "Failed"])

    def test_gate_that_fails_opens_nothing(self):
        machine = self.machine(ACCOUNTS='["1"]', APPLY='["1"]', FAIL="gate", ERROR="Sleuth.Configuration")
        ended, entered = self.run_of(machine)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "Sleuth.Incomplete"))
        self.assertRegex(ended["cause"], "^Sleuth.Configuration: .*this is a test")
        self.assertEqual(entered[-4:], ["Gate", "Consolidate", "Failed?", "Failed"])
        self.assertEqual(self.invocations(), {"list": 1, "plan 1": 1, "gate": 1, "consolidate": 1})

    def test_gate_whose_answer_says_nothing_opens_nothing(self):
        machine = self.machine(ACCOUNTS='["1"]', APPLY='["1"]')
        self.fault("answer", '"step":"gate"', answer={"message": "this is a test"})
        _, entered = self.run_of(machine)
        self.assertIn("Consolidate", entered)
        self.assertNotIn("Apply", entered)

    def test_run_that_is_not_complete_fails_and_people_are_told_once(self):
        machine = self.machine(ACCOUNTS='["1"]', FAIL="consolidate", ERROR="Sleuth.Incomplete")
        ended, _ = self.run_of(machine)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "Sleuth.Incomplete"))
        self.assertEqual(self.invocations()["consolidate"], 1)

    def test_what_passes_is_tried_again(self):
        machine = self.machine(ACCOUNTS='["1", "2"]', tolerated=0, timeout=1)
        for fault, step in [("throttle", "list"), ("exit", "gate"), ("hang", "consolidate")]:
            self.fault(fault, f'"step":"{step}"', times=1)
        self.fault("exit", '"account":"1"', times=2)
        ended, _ = self.run_of(machine)
        self.assertEqual(ended["status"], "SUCCEEDED")


if __name__ == "__main__":
    unittest.main()
