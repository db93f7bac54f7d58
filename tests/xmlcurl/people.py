"""A tenant and two of its extensions, as model objects."""

from dataclasses import replace

from xmlcurl.store.model import Extension, Tenant

TENANT = Tenant(id=7, domain="pbx.test", is_active=True, time_zone="Asia/Ho_Chi_Minh", cacheable_ms=0)

ALICE = Extension(
    id=1,
    tenant=TENANT,
    number="1001",
    sign_in_name="1001",
    aliases=(),
    display_name="Alice",
    status="active",
    expires_at=None,
    a1_hash="a" * 32,
    vm_a1_hash=None,
    credentials_revision=3,
    max_concurrent=2,
    concurrent_registrations=1,
    tls_enabled=False,
    recording_mode="none",
    voicemail_enabled=False,
    voicemail_mail=False,
    voicemail_attach=False,
    voicemail_delete_after_mail=False,
    email=None,
    outbound_calls_disabled=False,
    outside_hours_calls_disabled=False,
    international_calls_disabled=False,
    internal_caller_id=None,
    dtmf_mode="rfc4733",
    srtp_enabled=False,
    t38_enabled=False,
    qualify_enabled=False,
    reject_ends_ringing=False,
    voicemail_pin_required=True,
    outbound=None,
)
BOB = replace(ALICE, id=2, number="1002", sign_in_name="1002", display_name="Bob")
