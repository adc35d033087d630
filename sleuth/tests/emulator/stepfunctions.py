"""Step Functions: state machines are executed, by moto's interpreter of their language.

- A distributed map fails if too many of its items do. moto lets all of them fail.
- Step Functions calls AWS as the bench does: what its role may do is not checked.
- The waits between attempts are a hundredth of what they should be.
"""

import functools
import logging
import sys
import threading
import time
import types

import boto3
import calls
import common
from botocore.config import Config
from moto.core.config import default_user_config
from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

Worker = distributed_item_processor_worker.DistributedItemProcessorWorker
LOCK = threading.Lock()


def evaluate(worker, env, job, of_moto=Worker._eval_job):
    of_moto(worker, env, job)
    run, items = worker._map_run_record, worker._job_pool._jobs_number
    failed = run.item_counter.failed.get() + run.item_counter.timed_out.get()
    # The pool takes this for the end of the whole map.
    if failed * 100 > run.tolerated_failure_percentage * items:
        job.job_output = FailureEventException(exceeded(env))


def exceeded(env):
    name = StatesErrorName(StatesErrorNameType.StatesExceedToleratedFailureThreshold)
    cause = "The specified tolerated failure threshold was exceeded"
    details = MapRunFailedEventDetails(error=name.error_name, cause=cause)
    return FailureEvent(env, name, HistoryEventType.MapRunFailed, EventDetails(mapRunFailedEventDetails=details))


def client(service, region, state_credentials):
    # boto3 makes one client at a time, and each may be used by many at once.
    with LOCK:
        return made(service, region, state_credentials.role_arn.split(":")[4])


@functools.cache
def made(service, region, account):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=common.URL,
        aws_access_key_id=f"{calls.BENCH}-{account}",
        aws_secret_access_key=calls.BENCH,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=1000),
    )


# For each item of a map, that which deals with them calls itself.
sys.setrecursionlimit(100_000)
# It tells of every state that fails, and that tolerance does nothing.
logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
default_user_config["stepfunctions"]["execute_state_machine"] = True
Worker._eval_job = evaluate
retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / 100))
for module in (lambda_eval_utils, resource_eval_s3):
    module.boto_client_for = client
