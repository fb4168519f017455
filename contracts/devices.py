"""Devices that have signed in before, which others who guess passwords do not slow down."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.accounts import Email
from contracts.message import SECRET, Query, Reply

DeviceToken = Annotated[str, StringConstraints(max_length=100), SECRET]
"""What a login gives to a device, to be sent with the next login to the same account."""

DEVICE_DAYS = 180
"""Days for which a device is known since it signed in last."""


class DeviceKnown(Reply):
    """Whether a device has signed in before."""

    known: bool


class KnowsDevice(Query[DeviceKnown]):
    """Tell whether a device has signed in to an account within `DEVICE_DAYS`.

    Only who holds the token that this account gave to it hears of it.
    """

    address: ClassVar[str] = "auth.knows_device"
    public: ClassVar[bool] = True
    email: Email
    device_token: DeviceToken = Field(repr=False)
