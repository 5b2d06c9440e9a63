"""The setting `destinations` is read strictly, and nothing secret in it is repeated."""

import pytest

from bot.errors import ConfigurationError
from bot.library.destinations.address import LONGEST_URL, parse_targets
from bot.library.destinations.destination import Kind


def test_each_kind_of_address() -> None:
    """Bucket, prefix and options; servers with their ports; a webhook as it is called."""
    urls = (
        "s3://bucket/a/b%20c/?endpoint=http://127.0.0.1:9000&region=eu-1&part_mib=8",
        "gs://bucket",
        "az://box/prefix?account=acc",
        "kaltura+https://media.example:8443/?partner=123",
        "webhook+http://10.0.0.1:8080/take/me?token=abc&name=portal",
    )
    s3, gcs, azure, kaltura, webhook = parse_targets(urls)
    assert (s3.kind, s3.name, s3.place, s3.path, s3.prefix) == (Kind.S3, "s3", "bucket", "a/b c", "a/b c/")
    assert s3.options == {"endpoint": "http://127.0.0.1:9000", "region": "eu-1", "part_mib": "8"}
    assert (gcs.kind, gcs.place, gcs.prefix) == (Kind.GCS, "bucket", "")
    assert (azure.kind, azure.path, azure.options) == (Kind.AZURE, "prefix", {"account": "acc"})
    assert (kaltura.kind, kaltura.place) == (Kind.KALTURA, "https://media.example:8443")
    assert (webhook.kind, webhook.name) == (Kind.WEBHOOK, "portal")
    assert webhook.url == "http://10.0.0.1:8080/take/me?token=abc"


def test_names() -> None:
    """Where none is given it is the kind, counted; names stay when others come before them."""
    assert [one.name for one in parse_targets(["s3://a", "s3://b?name=archive", "s3://c", "gs://d"])] == [
        "s3", "archive", "s3-2", "gcs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("urls", "wrong"),
    [
        (["ftp://host/x"], "begin with one of s3://"),
        (["s3:///prefix"], "names no place"),
        (["s3://bucket:80/"], "names no place"),
        (["s3://KEY:SECRET@bucket/"], "neither user, password"),
        (["s3://bucket/#SECRET"], "neither user, password"),
        (["s3://bucket?secret_key=SECRET"], "'secret_key' is not known"),
        (["s3://bucket?region=a&region=b"], "there twice"),
        (["s3://bucket?part_mib=SECRET"], "value of 'part_mib'"),
        (["s3://bucket?name=Not%20Good"], "value of 'name'"),
        (["s3://bucket/a/../b"], "`..` in it"),
        (["s3://bucket/a//b"], "empty part"),
        (["az://box/"], "needs account"),
        (["kaltura+https://host/"], "needs partner"),
        (["kaltura+https://host:nine/"], "is no URL"),
        (["s3://a", "s3://b?name=s3"], "is taken"),
        (["s3://a?name=folder"], "is taken"),
        (["webhook+https://h/SECRET?name=a&name=b"], "given once"),
        (["s3://bucket/a b"], "space"),
        ([f"s3://{'b' * LONGEST_URL}"], "longer than"),
        (["s3://a", "nonsense"], "Address 2 of destinations"),
    ],
)
def test_what_is_wrong_is_said(urls: list[str], wrong: str) -> None:
    """Each in a sentence that names the address by its number, and never what may be secret in it."""
    with pytest.raises(ConfigurationError) as said:
        parse_targets(urls)
    assert wrong in str(said.value)
    assert "SECRET" not in str(said.value)


def test_secrets_of_a_target_are_not_shown() -> None:
    """What a log would show of it has no path and no webhook's address."""
    (target,) = parse_targets(["webhook+https://h/SECRET?key=SECRET"])
    assert "SECRET" not in repr(target)
