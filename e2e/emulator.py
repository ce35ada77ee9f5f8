"""Runs the emulator as installed, but for five things in its CloudFormation, one in its Secrets Manager,
one in its IAM and one in its Step Functions.

The stack is to be deployed unchanged, so it is the emulator that is mended:
- AWS::Events::Archive, which it refuses although its EventBridge has archives, becomes a call of that;
- AWS::Events::EventBusPolicy, which it refuses, is accepted, and nobody is kept from the bus: it has no policies;
- alarms over metric math, which it refuses and does not have, are accepted, and there is no such alarm;
- Ref of a secret is its ARN, as on AWS, and not its name. Policies name secrets by it;
- AWS::SecretsManager::RotationSchedule, which it refuses, sets a rotation up, and begins none;
- RotateSecret leaves a pending version without a value, as on AWS, in the place of one that is in force at once. Invoking
  the Lambda is left to whoever asked for it: see rotation.ts;
- SendTaskSuccess and SendTaskFailure are allowed or denied for the state machine that gave the task token, as on AWS,
  and not for all of them;
- the context of an execution says how often it was redriven, as on AWS.
"""

import json
import threading
import time

from ministack.app import main
from ministack.core import iam_actions
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import eventbridge, secretsmanager, stepfunctions
from ministack.services.cloudformation import provisioners

HANDLERS = provisioners._RESOURCE_HANDLERS

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html
ARCHIVE_PROPERTIES = ("Description", "EventPattern", "KmsKeyIdentifier", "RetentionDays")


def create_archive(logical_id, properties, stack_name):
    request = {name: properties[name] for name in ARCHIVE_PROPERTIES if name in properties}
    if isinstance(request.get("EventPattern"), dict):
        request["EventPattern"] = json.dumps(request["EventPattern"])
    request["EventSourceArn"] = properties["SourceArn"]
    request["ArchiveName"] = properties.get("ArchiveName") or f"{stack_name}-{logical_id}"[:48]
    status, _, body = eventbridge._create_archive(request)
    answer = json.loads(body)
    if status >= 400:
        raise ValueError(f"AWS::Events::Archive {logical_id}: {answer.get('message')}")
    return request["ArchiveName"], {"Arn": answer["ArchiveArn"], "ArchiveName": request["ArchiveName"]}


def delete_archive(name, _properties):
    eventbridge._delete_archive({"ArchiveName": name})


def create_event_bus_policy(logical_id, properties, stack_name):
    return properties.get("StatementId") or f"{stack_name}-{logical_id}", {}


def create_alarm(logical_id, properties, stack_name):
    if "Metrics" not in properties:
        return create_plain_alarm(logical_id, properties, stack_name)
    name = properties.get("AlarmName") or f"{stack_name}-{logical_id}"
    return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}


def create_secret(logical_id, properties, stack_name):
    _, attributes = create_named_secret(logical_id, properties, stack_name)
    return attributes["Arn"], attributes


def create_rotation_schedule(logical_id, properties, stack_name):
    _, secret = secretsmanager._resolve(properties["SecretId"])
    secret["RotationEnabled"] = True
    secret["RotationLambdaARN"] = properties["RotationLambdaARN"]
    secret["RotationRules"] = properties["RotationRules"]
    return secret["ARN"], {}


def delete_rotation_schedule(arn, _properties):
    _, secret = secretsmanager._resolve(arn)
    if secret:
        secret["RotationEnabled"] = False


def rotate_secret(request):
    _, secret = secretsmanager._resolve(request["SecretId"])
    version = request["ClientRequestToken"]
    secret["Versions"][version] = {
        "SecretString": None,
        "SecretBinary": None,
        "CreatedDate": int(time.time()),
        "Stages": ["AWSPENDING"],
    }
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version})


def get_secret_value(request):
    status, headers, body = get_any_secret_value(request)
    if status == 200 and not {"SecretString", "SecretBinary"} & json.loads(body).keys():
        message = "Secrets Manager can't find the specified secret value."
        return error_response_json("ResourceNotFoundException", message, 400)
    return status, headers, body


# Of each task token, the state machine that gave it.
machine_of_token = {}
# Of each thread, the state machine whose task it executes.
executing = threading.local()


def execute_task(state, raw_input, execution, context):
    executing.machine = context["StateMachine"]["Id"]
    context["Execution"].setdefault("RedriveCount", 0)
    return execute_known_task(state, raw_input, execution, context)


def invoke_with_callback(resource, input_data, token, state):
    machine_of_token[token] = executing.machine
    return invoke_and_wait(resource, input_data, token, state)


def extract_resource_arn(service, method, path, headers, body, *rest, **others):
    token = iam_actions._safe_json_field(body, "taskToken") if service == "states" else None
    if token in machine_of_token:
        return machine_of_token[token]
    return extract_any_resource_arn(service, method, path, headers, body, *rest, **others)


execute_known_task = stepfunctions._execute_task
stepfunctions._execute_task = execute_task
invoke_and_wait = stepfunctions._invoke_with_callback
stepfunctions._invoke_with_callback = invoke_with_callback
extract_any_resource_arn = iam_actions.extract_resource_arn
iam_actions.extract_resource_arn = extract_resource_arn
get_any_secret_value = secretsmanager._get_secret_value
secretsmanager._get_secret_value = get_secret_value
secretsmanager._rotate_secret = rotate_secret
create_named_secret = HANDLERS["AWS::SecretsManager::Secret"]["create"]
create_plain_alarm = HANDLERS["AWS::CloudWatch::Alarm"]["create"]
HANDLERS["AWS::CloudWatch::Alarm"]["create"] = create_alarm
HANDLERS["AWS::Events::Archive"] = {"create": create_archive, "delete": delete_archive}
HANDLERS["AWS::Events::EventBusPolicy"] = {"create": create_event_bus_policy, "delete": lambda _id, _properties: None}
HANDLERS["AWS::SecretsManager::Secret"]["create"] = create_secret
HANDLERS["AWS::SecretsManager::RotationSchedule"] = {
    "create": create_rotation_schedule,
    "delete": delete_rotation_schedule,
}
main()
