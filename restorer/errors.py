"""Every error a user may meet. str() of each is one English sentence; fields hold the facts."""

from __future__ import annotations

from pathlib import Path


class RestorerError(Exception):
    """Something expected went wrong. Anything else that is raised is a bug."""


class PhotoError(RestorerError):
    """A photograph could not be read, held or written.

    Attributes:
        path: The file, or None for a picture that is in memory only.
        reason: What is wrong, completing "FILE ...".
    """

    def __init__(self, path: Path | None, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{(path.name or path) if path else 'The picture'} {reason}.")


class PhotoReadError(PhotoError):
    """Missing, not a picture, damaged, or of a kind that is not supported."""


class PhotoTooLargeError(PhotoError):
    """More pixels than the limit; found before decoding or before the result is allocated.

    Attributes:
        megapixels: What it would take.
        limit_megapixels: What is allowed.
    """

    def __init__(
        self, path: Path | None, *, megapixels: float, limit_megapixels: float, verb: str = "has"
    ) -> None:
        self.megapixels = megapixels
        self.limit_megapixels = limit_megapixels
        super().__init__(
            path,
            f"{verb} {megapixels:,.0f} megapixels, more than the limit of {limit_megapixels:,.0f}",
        )


class PhotoWriteError(PhotoError):
    """The disk is full, the folder is missing or read-only, or the format cannot hold it."""


class PhotoExistsError(PhotoWriteError):
    """There is a file of that name already and replacing it was not asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "exists already; choose another name or allow overwriting")


class ModelError(RestorerError):
    """A model file cannot be used.

    Attributes:
        path: The file, or None if there is none.
        reason: What is wrong, completing "Model NAME ...".
    """

    def __init__(self, path: Path | None, name: str, reason: str) -> None:
        self.path = path
        self.name = name
        self.reason = reason
        super().__init__(f"Model {name} {reason}.")


class ModelNotFoundError(ModelError):
    """No model of that name is installed."""


class ModelDamagedError(ModelError):
    """Header unreadable, hash differs, or tensors do not fit the network."""


class ModelUnsupportedError(ModelError):
    """Unknown network, or made for a newer version of the program."""


class DeviceError(RestorerError):
    """A device cannot do what was asked of it."""


class DeviceNotFoundError(DeviceError):
    """This machine has no such device.

    Attributes:
        device: The name asked for.
    """

    def __init__(self, device: str, reason: str) -> None:
        self.device = device
        super().__init__(f"There is no device {device} on this machine: {reason}.")


class NotEnoughMemoryError(DeviceError):
    """Even the smallest tile does not fit.

    Attributes:
        device: Where memory ran out.
        tile_px: The smallest tile side that was tried.
    """

    def __init__(self, device: str, tile_px: int) -> None:
        self.device = device
        self.tile_px = tile_px
        super().__init__(f"Not enough memory on {device}, even for tiles of {tile_px} pixels.")


class DeviceLostError(DeviceError):
    """The device stopped answering while it was working.

    Attributes:
        device: Which one.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        super().__init__(f"The device {device} stopped working.")


class WrongNumbersError(DeviceError):
    """The device computes values that are no numbers, also in full precision.

    Attributes:
        device: Which one.
    """

    def __init__(self, device: str) -> None:
        self.device = device
        super().__init__(f"The device {device} computed values that are no numbers.")


class SettingsError(RestorerError):
    """A setting or an option has a value that is not possible."""


class RunFileError(RestorerError):
    """The file a long run is kept in cannot be read, written or gone on from."""


class MaskError(RestorerError):
    """A mask is missing, or does not say what is to be repaired."""


class RecordError(RestorerError):
    """A result cannot be made again: its record is missing, damaged, or does not fit."""


class JobFileError(RestorerError):
    """The job file of a batch cannot be used.

    Attributes:
        job_file: Which one.
        reason: What is wrong, completing "The job file NAME ...".
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.job_file = path
        self.reason = reason
        super().__init__(f"The job file {path.name} {reason}.")


class Cancelled(Exception):  # noqa: N818  not an error: never shown
    """The user stopped a job."""
