"""Makes the calls of `foreign_clients_test.ts` by Google's Python clients and prints what each came to, as JSON."""

import gzip
import io
import json
import sys
import urllib.request
from datetime import datetime, timedelta

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage
from google.oauth2 import service_account
from google.pubsub_v1 import PublisherClient, SubscriberClient, types
from google.pubsub_v1.services.publisher.transports.rest import PublisherRestTransport
from google.pubsub_v1.services.subscriber.transports.rest import SubscriberRestTransport

where = json.loads(sys.argv[1])
anonymous = AnonymousCredentials()
gcs = storage.Client(
    project="tintype-local", credentials=anonymous, client_options={"api_endpoint": where["storage"]}
)
bucket = gcs.bucket("tintype-raw")
outcomes = {}


def call(name):
    """Runs the function at once; what it returns is the call's outcome, an error its status."""

    def run(function):
        try:
            came_to = function()
            outcomes[name] = str(came_to).lower() if isinstance(came_to, bool) else str(came_to)
        except Exception as error:
            outcomes[name] = str(getattr(error, "code", None) or repr(error))

    return run


def put(name, data=b"hello", **options):
    bucket.blob(name).upload_from_string(data, **options)


def names(**options):
    return " ".join(blob.name for blob in gcs.list_blobs(bucket, **options))


@call("upload with metadata")
def _():
    blob = bucket.blob("a/1")
    blob.metadata = {"k": "v"}
    blob.upload_from_string(b"hello", content_type="image/png", if_generation_match=0, checksum="crc32c")
    found = bucket.get_blob("a/1")
    return f"{found.size} {found.content_type} {found.metadata['k']}"


@call("upload over it, if absent")
def _():
    put("a/1", if_generation_match=0)


@call("upload in pieces")
def _():
    blob = bucket.blob("pieces", chunk_size=256 * 1024)
    blob.upload_from_file(io.BytesIO(b"z" * 700_000))
    return len(bucket.blob("pieces").download_as_bytes(checksum="md5"))


@call("download")
def _():
    return bucket.blob("a/1").download_as_text()


@call("download a range")
def _():
    return bucket.blob("a/1").download_as_bytes(start=1, end=2).decode()


@call("download a missing one")
def _():
    bucket.blob("none").download_as_bytes()


@call("list")
def _():
    return names()


@call("list folders")
def _():
    page = gcs.list_blobs(bucket, delimiter="/")
    return " ".join([blob.name for blob in page] + sorted(page.prefixes))


@call("list pages")
def _():
    return names(page_size=1)


@call("list names alone")
def _():
    return names(fields="items(name),nextPageToken")


@call("list versions")
def _():
    return names(versions=True)


@call("list by glob")
def _():
    return names(match_glob="a/*")


@call("change metadata")
def _():
    blob = bucket.get_blob("a/1")
    blob.metadata = {"k": "w"}
    blob.patch()
    return blob.metageneration


@call("read gzip unpacked")
def _():
    blob = bucket.blob("packed")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"plain"))
    address = f"{where['storage']}/download/storage/v1/b/tintype-raw/o/packed?alt=media"
    return urllib.request.urlopen(address).read().decode() + " " + blob.download_as_text()


@call("read by a signed URL")
def _():
    credentials = service_account.Credentials.from_service_account_info(where["key"])
    url = bucket.blob("a/1").generate_signed_url(
        version="v4", expiration=timedelta(minutes=5), credentials=credentials, api_access_endpoint=where["storage"]
    )
    return urllib.request.urlopen(url).read().decode()


@call("remove by a batch")
def _():
    put("b/1")
    put("b/2")
    with gcs.batch():
        bucket.delete_blob("b/1")
        bucket.delete_blob("b/2")
    return names(prefix="b/")


@call("remove")
def _():
    bucket.delete_blob("packed")
    return bucket.blob("packed").exists()


@call("make and remove a bucket")
def _():
    gcs.create_bucket("python-bucket").delete()
    return len(list(gcs.list_buckets()))


@call("copy")
def _():
    bucket.copy_blob(bucket.blob("a/1"), bucket, "copied")


@call("change a bucket's versioning")
def _():
    found = gcs.get_bucket("tintype-raw")
    found.versioning_enabled = True
    found.patch()


bq = bigquery.Client(
    project="tintype-local", credentials=anonymous, client_options={"api_endpoint": where["bigquery"]}
)


@call("query with parameters")
def _():
    parameters = [bigquery.ScalarQueryParameter("a", "INT64", 3)]
    [row] = bq.query(
        "SELECT @a AS a, TIMESTAMP '2026-01-01 00:00:00.123+00' AS t",
        job_config=bigquery.QueryJobConfig(query_parameters=parameters),
    ).result()
    return f"{row.a} {row.t.isoformat()}"


@call("query in a default dataset")
def _():
    config = bigquery.QueryJobConfig(default_dataset="tintype-local.tintype")
    [row] = bq.query_and_wait("SELECT COUNT(*) AS n FROM images", job_config=config)
    return row.n


@call("make a table and list its rows")
def _():
    bq.create_dataset("python")
    fields = [bigquery.SchemaField("a", "STRING"), bigquery.SchemaField("t", "TIMESTAMP")]
    table = bq.create_table(bigquery.Table("tintype-local.python.notes", schema=fields))
    bq.query_and_wait("INSERT INTO python.notes (a, t) VALUES ('x', TIMESTAMP '2026-01-01 00:00:00+00')")
    [row] = bq.list_rows(table)
    [part] = bq.list_rows(table, selected_fields=fields[:1])
    bq.delete_table(table)
    return f"{row.a} {row.t.isoformat()} {list(part.keys())}"


@call("insertAll")
def _():
    bq.insert_rows_json("tintype.images", [{"image_id": "a"}], retry=None)


access = dict(host=where["pubsub"].split("/")[-1], url_scheme="http", credentials=anonymous)
publisher = PublisherClient(transport=PublisherRestTransport(**access))
subscriber = SubscriberClient(transport=SubscriberRestTransport(**access))
topic = "projects/tintype-local/topics/python"
subscription = "projects/tintype-local/subscriptions/python"


@call("publish, pull, acknowledge")
def _():
    publisher.create_topic(request={"name": topic})
    made = subscriber.create_subscription(
        request=types.Subscription(
            name=subscription,
            topic=topic,
            filter="attributes:kind",
            retry_policy=types.RetryPolicy(minimum_backoff={"seconds": 10}),
        )
    )
    messages = [types.PubsubMessage(data="ü".encode(), attributes={"kind": "a"}), types.PubsubMessage(data=b"dropped")]
    ids = publisher.publish(topic=topic, messages=messages).message_ids
    [pulled] = subscriber.pull(subscription=subscription, max_messages=5).received_messages
    subscriber.modify_ack_deadline(subscription=subscription, ack_ids=[pulled.ack_id], ack_deadline_seconds=30)
    subscriber.acknowledge(subscription=subscription, ack_ids=[pulled.ack_id])
    age = abs(pulled.message.publish_time.timestamp() - datetime.now().timestamp())
    return f"{made.state.name} {pulled.message.data.decode()} {pulled.message.message_id == ids[0]} {age < 60}"


@call("change a subscription")
def _():
    change = {"subscription": {"name": subscription, "ack_deadline_seconds": 60}, "update_mask": "ackDeadlineSeconds"}
    return subscriber.update_subscription(request=change).ack_deadline_seconds


@call("list topics by pages")
def _():
    page = publisher.list_topics(request={"project": "projects/tintype-local", "page_size": 2})
    return topic in [each.name for each in page]


@call("remove topic and subscription")
def _():
    subscriber.delete_subscription(subscription=subscription)
    publisher.delete_topic(topic=topic)
    publisher.get_topic(topic=topic)


@call("publish in order")
def _():
    publisher.publish(
        topic="projects/tintype-local/topics/tintype-images",
        messages=[types.PubsubMessage(data=b"x", ordering_key="k")],
        retry=None,
    )


print(json.dumps(outcomes))
