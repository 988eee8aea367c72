"""One message to a receiver now, to see whether it is set up right: a person presses, and reads the answer.

It tells nothing of the hall (the city centre is asked how far it is), lies in no outbox, and is sent once. A platform of a province has no such message, so none is
tried there: what was refused is shown with why, and sent again by hand.
"""

from pathlib import Path

from caller.delivery import centre_copy, notice_senders, notices, sms_gateway, webhooks
from caller.delivery.outbox import Delivery, Outbox
from caller.delivery.outbox_tables import ReceiverRow
from caller.delivery.sender import clock
from caller.delivery.webhooks import Answer
from caller.eventlog import Head
from caller.identity import keys
from caller.people.notify_numbers import LeftNumber
from config.delivery_settings import CENTRE, Gateway, StaffReceiver
from config.settings import Settings, Webhook

SAMPLE = {"number": "A000", "window": "1", "device": "test", "state": "ok"}


def trial(settings: Settings, data: Path, receiver: str, phone: str = "") -> Answer | None:
    """Send one test message; return what came of it, None where the hall has no such receiver to try.

    phone: where a gateway's trial goes. Raises `DeliveryError`, `BadKey`, `OSError`.
    """
    if receiver == CENTRE and settings.centre.url:
        return centre_copy.tried(settings, data)
    webhook = next((each for each in settings.webhooks if each.id == receiver), None)
    if webhook:
        return _to_webhook(settings, data, webhook)
    gateway = next((each for each in settings.gateways if each.id == receiver), None)
    if gateway and phone:
        return _to_phone(settings, data, gateway, phone)
    staff = next((each for each in settings.staff if each.id == receiver), None)
    return _to_staff(settings, data, staff) if staff else None


def _to_webhook(settings: Settings, data: Path, webhook: Webhook) -> Answer:
    now = clock()
    with Outbox(data) as outbox:
        row = outbox.receiver(webhook.id) or ReceiverRow(webhook.id, "", Head(0, b""), False, 1, 0, 0, "", 0)
        key = keys.keys_of(data, webhooks.PURPOSE)[0].secret
    message = webhooks.test_message(settings.hall.site, webhook.id, now)
    return webhooks.post(webhook, message, webhooks.signing_secrets(key, row, now), now)


def _to_phone(settings: Settings, data: Path, gateway: Gateway, phone: str) -> Answer:
    now = clock()
    id = f"{settings.hall.site}-test-{now}"
    message = Delivery(gateway.id, 0, id, b"", "", "called", "{}")
    return sms_gateway.send(settings, data, gateway, message, LeftNumber(phone, "zh", {}), SAMPLE, now)


def _to_staff(settings: Settings, data: Path, receiver: StaffReceiver) -> Answer:
    from caller.delivery.staff_messages import send_to_staff  # Apprise takes half a second to import

    text = notices.words_of(settings, "device", receiver.language, SAMPLE)
    return send_to_staff(receiver, notice_senders.secret_of(data, receiver.id), settings.hall.name, text)
