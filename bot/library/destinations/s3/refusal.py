"""What a store, or the way to it, has against a request: as a sentence, and as a code to decide by."""

from collections.abc import Mapping
from typing import Any

from bot.errors import DeliveryError

NO_ANSWER = "NoAnswer"
NO_CREDENTIALS = "NoCredentials"

# The store knows of no such upload: it was completed, aborted or forgotten.
GONE = frozenset({"NoSuchUpload"})
# What was sent does not make the object that was asked for.
UNSOUND = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest", "XAmzContentChecksumMismatch"})
# Newer credentials may help. An answer without a body has nothing but a number.
STALE = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"}) | frozenset(
    {"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "400", "403", NO_CREDENTIALS}
)
# A store that cannot do it, or was told not to let us.
UNABLE = frozenset({"NotImplemented", "InvalidArgument", "InvalidRequest", "MethodNotAllowed", "501", "405"})

_SENTENCES: Mapping[str, str] = {
    "NoSuchBucket": "It has no bucket {bucket}: create it, or correct the address.",
    "AccessDenied": "It does not allow {action} in the bucket {bucket}: give these credentials the right to put, read"
    " and list objects and to abort uploads there.",
    "403": "It does not allow {action} in the bucket {bucket}: give these credentials the right to put, read and list"
    " objects and to abort uploads there.",
    "AllAccessDisabled": "It has closed the bucket {bucket}.",
    "PermanentRedirect": "The bucket {bucket} is in another region: name it with region=.",
    "AuthorizationHeaderMalformed": "The bucket {bucket} is in another region: name it with region=.",
    "SignatureDoesNotMatch": "It does not accept the signature: check the secret key.",
    "RequestTimeTooSkewed": "This machine's clock is wrong: set it.",
    "QuotaExceeded": "There is no room left in it.",
    "InvalidAccessKeyId": "It does not know the access key.",
    "ExpiredToken": "The credentials have expired, and no newer ones are to be had.",
    NO_CREDENTIALS: "There are no credentials for it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the"
    " machine a role.",
}


class Refused(DeliveryError):  # noqa: N818 - reads as what it is
    """`code` is the store's, HTTP's status where it gives none, or one of this file's."""

    def __init__(self, message: str, code: str, status: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    @property
    def is_absence(self) -> bool:
        return self.status == 404 and self.code in {"NoSuchKey", "NotFound", "404"}


def refused(error: Exception, action: str, store: str, bucket: str) -> Refused:
    """Of what botocore raised. Never repeats what the store wrote: there may be a key in it."""
    answer = getattr(error, "response", None)
    if isinstance(answer, Mapping):
        return _answered(answer, action, store, bucket)
    name = type(error).__name__
    if "Credential" in name or name in {"ProfileNotFound", "TokenRetrievalError", "UnauthorizedSSOTokenError"}:
        return Refused(f"{store}: {_SENTENCES[NO_CREDENTIALS]}", NO_CREDENTIALS)
    return Refused(f"{store} did not answer ({name}) when asked for {action}.", NO_ANSWER)


def _answered(answer: Mapping[str, Any], action: str, store: str, bucket: str) -> Refused:
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(answer.get("Error", {}).get("Code", "") or status)
    sentence = _SENTENCES.get(code)
    if sentence is None:
        shown = code if code.isalnum() and len(code) <= 64 else "an unknown error"
        return Refused(f"{store} answered {action} with {shown} ({status}).", code, status)
    return Refused(f"{store}: {sentence.format(bucket=bucket, action=action)}", code, status)
