"""Tenants, their people, and what these are called by and call with."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from xmlcurl.store.model import (
    CARRIERS,
    CLI_TYPES,
    DIALECTS,
    DTMF_MODES,
    EXTENSION_STATUSES,
    LANGUAGES,
    PRESENCE_STATUSES,
    RECORDING_MODES,
    TENANT_STATES,
)
from xmlcurl.store.tables.kit import (
    ID,
    UtcDateTime,
    link,
    one_of,
    one_owner,
    own_id,
    table,
    times,
    unique_among_living,
    utc_now,
)

partners = table(
    "partners",
    # Whoever sells tenants to customers of their own, through the API of a vendor.
    own_id(),
    Column("name", String(100), nullable=False),
    *times(),
    unique_among_living("uq_partners_name", "name"),
)

tenants = table(
    "tenants",
    own_id(),
    Column("domain", String(253), nullable=False),
    Column("name", String(100), nullable=False),
    Column("state", String(16), nullable=False, default="active"),
    Column("time_zone", String(64), nullable=False, default="UTC"),
    Column("language", String(8), nullable=False, default="en"),
    # Milliseconds FreeSWITCH may keep a user of its own; 0 is never.
    Column("cacheable_ms", Integer, nullable=False, default=0),
    Column("default_number_id", ID, ForeignKey("numbers.id", use_alter=True)),
    *times(),
    # Mailboxes and queues live there; null: on whichever switch a call is.
    link("home_switch_id", "switches", nullable=True),
    # Who made it, and may manage it with keys of its own; null: the platform alone.
    link("partner_id", "partners", nullable=True),
    # Holds the numbers and hotlines of its partner that no customer has; always suspended.
    Column("is_pool", Boolean, nullable=False, default=False),
    one_of("state", TENANT_STATES),
    one_of("language", LANGUAGES),
    CheckConstraint("cacheable_ms BETWEEN 0 AND 2147483", name="cacheable_ms"),
    unique_among_living("uq_tenants_domain", "domain"),
)

users = table(
    "users",
    own_id(),
    link("tenant_id", "tenants", nullable=False),
    Column("name", String(100), nullable=False),
    Column("email", String(255)),
    Column("mobile", String(31)),
    Column("role", String(16), nullable=False, default="agent"),
    *times(),
    # Of a password that a vendor's client sets for somebody; nobody signs in with one here.
    Column("password_hash", String(200)),
    one_of("role", ("admin", "supervisor", "agent", "read_only")),
    unique_among_living("uq_users_email", "tenant_id", "email"),
)


def _named_group(name: str) -> Table:
    return table(
        name,
        own_id(),
        link("tenant_id", "tenants", nullable=False),
        Column("name", String(100), nullable=False),
        *times(),
        unique_among_living(f"uq_{name}_name", "tenant_id", "name"),
    )


teams = _named_group("teams")
departments = _named_group("departments")

numbers = table(
    "numbers",
    own_id(),
    link("tenant_id", "tenants", nullable=False),
    Column("number", String(15), nullable=False),
    Column("display_name", String(100)),
    Column("carrier", String(16), nullable=False, default="other"),
    Column("cli_type", String(16), nullable=False, default="mobile"),
    Column("status", String(16), nullable=False, default="active"),
    *times(),
    one_of("carrier", CARRIERS),
    one_of("cli_type", CLI_TYPES),
    one_of("status", EXTENSION_STATUSES),
    # A call from outside finds its tenant by the number alone: one owner among all tenants.
    unique_among_living("uq_numbers_number", "number"),
)

hotlines = table(
    "hotlines",
    own_id(),
    link("tenant_id", "tenants", nullable=False),
    link("number_id", "numbers", nullable=False),
    Column("name", String(100), nullable=False),
    *times(),
    Column("description", String(200)),
)

extensions = table(
    "extensions",
    own_id(),
    link("tenant_id", "tenants", nullable=False),
    Column("number", String(10), nullable=False),
    Column("sign_in_name", String(63), nullable=False),
    Column("display_name", String(100)),
    Column("first_name", String(63)),
    Column("last_name", String(63)),
    Column("email", String(255)),
    Column("mobile", String(31)),
    Column("status", String(16), nullable=False, default="active"),
    Column("expires_at", UtcDateTime),
    # md5(sign_in_name:domain:password), lower case: as good as the password to whoever reads it.
    Column("a1_hash", String(32), nullable=False),
    Column("password_encrypted", Text, nullable=False),
    Column("credentials_revision", Integer, nullable=False, default=1),
    Column("max_concurrent", Integer, nullable=False, default=2),
    Column("concurrent_registrations", Integer, nullable=False, default=1),
    Column("tls_enabled", Boolean, nullable=False, default=False),
    Column("recording_mode", String(16), nullable=False, default="none"),
    Column("voicemail_enabled", Boolean, nullable=False, default=False),
    Column("vm_a1_hash", String(32)),
    Column("voicemail_mail", Boolean, nullable=False, default=False),
    Column("voicemail_attach", Boolean, nullable=False, default=False),
    Column("voicemail_delete_after_mail", Boolean, nullable=False, default=False),
    Column("voicemail_language", String(16)),
    Column("outbound_calls_disabled", Boolean, nullable=False, default=False),
    Column("outside_hours_calls_disabled", Boolean, nullable=False, default=False),
    Column("international_calls_disabled", Boolean, nullable=False, default=False),
    link("outbound_number_id", "numbers", nullable=True),
    link("hotline_id", "hotlines", nullable=True),
    link("user_id", "users", nullable=True),
    link("team_id", "teams", nullable=True),
    link("department_id", "departments", nullable=True),
    *times(),
    link("class_of_service_id", "classes_of_service", nullable=True),
    Column("presence_status", String(16), nullable=False, default="available"),
    # Dialled before the mobile number, and before outside numbers that calls are forwarded to.
    Column("mobile_prefix", String(20)),
    # What phones of the tenant show instead of the number.
    Column("internal_caller_id", String(31)),
    Column("dtmf_mode", String(16), nullable=False, default="rfc4733"),
    Column("srtp_enabled", Boolean, nullable=False, default=False),
    Column("t38_enabled", Boolean, nullable=False, default=False),
    # Whether the switch asks its phones now and then if they are there.
    Column("qualify_enabled", Boolean, nullable=False, default=False),
    # One phone that rejects a call ends it for all phones of the extension.
    Column("reject_ends_ringing", Boolean, nullable=False, default=False),
    Column("voicemail_pin_required", Boolean, nullable=False, default=True),
    # What a vendor's API keeps for its clients and nothing here acts on, by the dialect's name.
    Column("vendor_values", JSON, nullable=False, default={}),
    one_of("dtmf_mode", DTMF_MODES),
    one_of("status", EXTENSION_STATUSES),
    one_of("recording_mode", RECORDING_MODES),
    one_of("presence_status", PRESENCE_STATUSES),
    CheckConstraint("max_concurrent BETWEEN 1 AND 10", name="max_concurrent"),
    CheckConstraint("concurrent_registrations BETWEEN 1 AND 3", name="concurrent_registrations"),
    unique_among_living("uq_extensions_number", "tenant_id", "number"),
)

taken_names = table(
    "taken_names",
    own_id(),
    link("tenant_id", "tenants", nullable=False),
    # Whose it is: exactly one of these.
    link("extension_id", "extensions", nullable=True),
    link("ring_group_id", "ring_groups", nullable=True),
    link("queue_id", "queues", nullable=True),
    link("ivr_menu_id", "ivr_menus", nullable=True),
    link("group_mailbox_id", "group_mailboxes", nullable=True),
    Column("name", String(63), nullable=False),
    Column("is_number", Boolean, nullable=False, default=False),
    Column("is_sign_in", Boolean, nullable=False, default=False),
    Column("is_alias", Boolean, nullable=False, default=False),
    # Whatever can be dialled inside a tenant has its own name: numbers, sign-in names and aliases of living
    # extensions, and the numbers of ring groups, queues, menus and group mailboxes.
    UniqueConstraint("tenant_id", "name", name="uq_taken_names_name"),
    one_owner("extension_id", "ring_group_id", "queue_id", "ivr_menu_id", "group_mailbox_id"),
)

api_tokens = table(
    "api_tokens",
    own_id(),
    # Null: a token of the platform, which may act for every tenant.
    link("tenant_id", "tenants", nullable=True),
    Column("name", String(100), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    *times(soft_delete=False),
)

vendor_keys = table(
    "vendor_keys",
    # What programs of a vendor's API prove themselves with: of one tenant, or of a partner with all its tenants.
    own_id(),
    link("tenant_id", "tenants", nullable=True),
    link("partner_id", "partners", nullable=True),
    Column("dialect", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    # What is sent in the clear: a client ID, a SecretId.
    Column("public_id", String(64), nullable=False),
    # Of a secret that is sent itself.
    Column("secret_hash", String(64)),
    # Of a secret that signs: it is needed to check a signature.
    Column("secret_encrypted", Text),
    # Which instance the requests of the key name, where the dialect has them do so.
    Column("sdk_app_id", ID),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    *times(soft_delete=False),
    one_of("dialect", DIALECTS),
    one_owner("tenant_id", "partner_id"),
    UniqueConstraint("public_id", name="uq_vendor_keys_public_id"),
)

yeastar_tokens = table(
    "yeastar_tokens",
    # Of a key for some minutes; stored are hashes.
    own_id(),
    link("key_id", "vendor_keys", nullable=False),
    Column("access_hash", String(64), nullable=False),
    Column("refresh_hash", String(64), nullable=False),
    Column("access_expires_at", UtcDateTime, nullable=False),
    Column("refresh_expires_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, default=utc_now),
    UniqueConstraint("access_hash", name="uq_yeastar_tokens_access_hash"),
    UniqueConstraint("refresh_hash", name="uq_yeastar_tokens_refresh_hash"),
)
