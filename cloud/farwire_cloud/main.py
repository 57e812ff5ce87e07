"""The cloud service as a program: waits for its store, serves, ends when asked."""

import logging
import threading

from farwire_cloud.service import Service
from farwire_cloud.settings import CloudSettings
from farwire_cloud.store.create import wait_for_table
from farwire_cloud.store.dynamo import DynamoTable, connect

log = logging.getLogger("farwire.cloud")

OTHER_THREADS = 64  # that may call the store beside its own: REST (40), gRPC, the service's own


def run(settings: CloudSettings, stop: threading.Event) -> None:
    """Serve until `stop` is set. Raises StartError when a port or a certificate is not to be had."""
    client = connect(
        settings.dynamodb_endpoint_url, settings.dynamodb_region, settings.store_threads + OTHER_THREADS
    )
    if not wait_for_table(client, settings.dynamodb_table, stop):
        return
    service = Service(settings, DynamoTable(client, settings.dynamodb_table))
    service.start()
    stop.wait()
    service.stop()
