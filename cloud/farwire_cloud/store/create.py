"""Making the table, where it does not exist yet."""

import logging
import threading
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from farwire_cloud.errors import StoreError, StoreUnavailableError
from farwire_cloud.store.dynamo import call
from farwire_cloud.store.keys import TTL_ATTRIBUTE

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

log = logging.getLogger("farwire.cloud.store")

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0


def create_table(client: "DynamoDBClient", name: str) -> bool:
    """Make the table with its two keys, billed by request; return whether it was made now."""
    if _exists(client, name):
        return False
    try:
        call(
            lambda: client.create_table(
                TableName=name,
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        )
    except StoreUnavailableError:
        if _exists(client, name):
            return False  # another copy of the service was quicker
        raise
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    try:
        specification = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        call(
            lambda: client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)  # type: ignore[arg-type]
        )
    except StoreError as error:
        log.warning("no_time_to_live", extra={"table": name, "reason": str(error)})  # the engine has none
    return True


def wait_for_table(client: "DynamoDBClient", name: str, stop: threading.Event) -> bool:
    """Return True once the table is there, trying with back-off; False when `stop` is set before."""
    wait_s = FIRST_WAIT_S
    while not stop.is_set():
        try:
            made = create_table(client, name)
        except StoreUnavailableError as error:
            log.warning("waiting_for_store", extra={"reason": str(error), "again_in_s": wait_s})
            stop.wait(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)
        else:
            log.info("store_ready", extra={"table": name, "made": made})
            return True
    return False


def _exists(client: "DynamoDBClient", name: str) -> bool:
    try:
        client.describe_table(TableName=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error
    return True
