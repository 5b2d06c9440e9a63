"""Which destination is made for an address: one table. What a kind needs is imported when it is used: most services
have no use for most of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bot.configuration import Configuration
from bot.errors import ConfigurationError
from bot.library.destinations.address import FOLDER_NAME, Target, parse_targets
from bot.library.destinations.destination import Destination, Kind
from bot.library.destinations.library_folder import LibraryFolder
from bot.library.destinations.modes import Modes

Factory = Callable[[Target, Configuration], Destination]


_SOUND_KBPS = 160


def _s3(target: Target, configuration: Configuration) -> Destination:
    from bot.library.destinations.s3.destination import S3Destination  # noqa: PLC0415

    return S3Destination(target, ceiling_kbps=configuration.max_bitrate_kbps + _SOUND_KBPS)


def _object_store(target: Target, configuration: Configuration) -> Destination:
    from bot.library.destinations.object_store import ObjectStore  # noqa: PLC0415

    return ObjectStore(target, ceiling_kbps=configuration.max_bitrate_kbps + _SOUND_KBPS)


def _kaltura(target: Target, configuration: Configuration) -> Destination:
    from bot.library.destinations.kaltura.destination import KalturaDestination  # noqa: PLC0415

    return KalturaDestination(target, configuration.kaltura_secret)


# `webhook` is the service's: it adds its own.
FACTORIES: Mapping[Kind, Factory] = {
    Kind.S3: _s3,
    Kind.GCS: _object_store,
    Kind.AZURE: _object_store,
    Kind.KALTURA: _kaltura,
}


def chosen(
    configuration: Configuration, library: Path, factories: Mapping[Kind, Factory]
) -> tuple[tuple[str, Kind, Destination], ...]:
    """Names, kinds and destinations, the library's own folder first. Raises ConfigurationError."""
    folder = LibraryFolder(library, Modes.of(configuration))
    targets = parse_targets(configuration.destinations)
    if strange := next((target for target in targets if target.kind not in factories), None):
        raise ConfigurationError(f"Destination {strange.name!r} is reached by the service alone: roomreel serve.")
    made = [(target.name, target.kind, factories[target.kind](target, configuration)) for target in targets]
    return (FOLDER_NAME, Kind.FOLDER, folder), *made
