"""Which settings there are, what each means, and whether this machine's values make sense.

Read from the environment once, at start; every mistake is named at once. docs/settings.md lists
the same fields (a test compares them). Nothing here has a secret as its default.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

INSTANCE = Path("instance")


class WrongSettings(SystemExit):
    """The settings cannot be used; the message names every mistake and its mend."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default=f"sqlite:///{(INSTANCE / 'alongside.sqlite').absolute()}",
        description="Where everything is kept: sqlite:///path or postgresql+psycopg://...",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Fernet keys, comma-separated, newest first; they wrap each shop's own keys. "
        "With SQLite one is made in instance/secret.key at first start; with PostgreSQL required.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address under which shops and browsers reach this application.",
    )
    redis_url: str | None = Field(
        default=None, description="Shares rate limits among workers and hosts (optional)."
    )
    trusted_proxies: int = Field(
        default=0, ge=0, description="How many proxies in front of us set X-Forwarded-*."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="`json` for machines, `console` for people."
    )
    shopify_client_id: str | None = Field(
        default=None, description="Of the app in Shopify's Dev Dashboard that shops install."
    )
    shopify_client_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Its client secret; while it is being changed two, the new one first, "
        "comma-separated.",
    )
    storefront_rate: str = Field(
        default="100/second",
        description="Shelf requests per address and shop, or `off`.",
    )
    allow_private_hosts: bool = Field(
        default=False,
        description="Let shops be connected that live on private or loopback addresses.",
    )
    ca_bundle: Path | None = Field(
        default=None,
        description="A file of certificate authorities that shops are trusted by, beside the "
        "public ones.",
    )
    sqlite_durable: bool = Field(
        default=False,
        description="Wait for the disk at each commit: survives a power cut, costs ingest speed.",
    )
    sync_minutes: int = Field(
        default=15, ge=1, description="How often the scheduler asks each shop for changes."
    )
    tally_minutes: int = Field(
        default=10, ge=1, description="How often running experiments are counted again."
    )
    train_hour: int = Field(
        default=3, ge=0, le=23, description="The hour of the shop's day at which it retrains."
    )
    svd_max_interactions: int = Field(
        default=600_000,
        ge=1_000,
        description="At most so many ratings train Surprise SVD; bounds its time and memory.",
    )
    train_memory_mib: int = Field(
        default=0,
        ge=0,
        description="So much memory a training may hold; 0 takes 70 % of what is free.",
    )
    event_days: int = Field(
        default=400, ge=35, description="How long events are kept before upkeep deletes them."
    )
    models_kept: int = Field(
        default=5, ge=2, description="How many versions keep their lists, for rolling back."
    )

    smtp_url: SecretStr | None = Field(
        default=None, description="The mail server for reports: smtp://user:password@host:587."
    )
    smtp_from: str = Field(default="alongside@localhost", description="From whom reports are sent.")

    @field_validator("ca_bundle")
    @classmethod
    def authorities(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except OSError as error:  # no file, not to be read, or no certificate in it
                raise ValueError(
                    f"{value} is not a file of certificates in PEM form ({error})"
                ) from None
        return value

    @field_validator("smtp_url")
    @classmethod
    def mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            server = urlsplit(value.get_secret_value())
            if server.scheme not in ("smtp", "smtps") or not server.hostname:
                raise ValueError("must be smtp://user:password@host:587 or smtps://...")
        return value

    @field_validator("smtp_from")
    @classmethod
    def one_sender(cls, value: str) -> str:
        if "@" not in value or "\n" in value or "\r" in value:
            raise ValueError("must be one e-mail address, such as reports@example.com")
        return value

    @field_validator("secret_keys", "shopify_client_secret", mode="before")
    @classmethod
    def split_keys(cls, value: object) -> object:
        return (
            [k.strip() for k in value.split(",") if k.strip()] if isinstance(value, str) else value
        )

    @field_validator("base_url")
    @classmethod
    def plain_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def whole_app_or_none(self) -> Settings:
        if bool(self.shopify_client_id) != bool(self.shopify_client_secret):
            raise ValueError("SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET go together")
        return self

    @model_validator(mode="after")
    def explicit_keys_where_shared(self) -> Settings:
        if self.database_url.startswith("postgresql") and not self.secret_keys:
            raise ValueError(
                "SECRET_KEYS is required with PostgreSQL: every host must share it. Make one with "
                '`python -c "from cryptography.fernet import Fernet as F; '
                'print(F.generate_key().decode())"`'
            )
        return self


def load() -> Settings:
    """The settings of this process, or one message that names every mistake."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [
            f"  {'.'.join(map(str, error['loc'])).upper() or 'together'}: {error['msg']}"
            for error in wrong.errors()
        ]
        raise WrongSettings(
            "These settings cannot be used (docs/settings.md explains each):\n" + "\n".join(lines)
        ) from None
