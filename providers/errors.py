"""Errors of requests to providers.

    ProviderError
    ├── Authentication        401, new credentials help
    ├── QuotaExceeded         402, credits or a plan help
    ├── PermissionDenied      403, another plan, region or workspace helps
    ├── JobNotFound           404
    ├── InvalidParameters     422, another request helps
    ├── UnsupportedOperation  422, never sent
    ├── ModelUnavailable      422, another model helps
    ├── RateLimited           429, waiting helps
    │   └── ConcurrencyLimited
    ├── ContentFiltered       451, another prompt or input helps
    ├── ProviderRetired       410, never sent
    ├── AssetGone             410
    ├── Unavailable           503, waiting helps
    ├── TimedOut              504, a read may be repeated, a submit may not
    └── ProtocolError         502, a malformed response

Source: provider contract, section 5; domain, section 5.
"""

from __future__ import annotations

from typing import Any, ClassVar

from common.errors import AppError


class ProviderError(AppError):
    """Failed request to a provider that none of the subclasses describes.

    `message` is a sentence for the owner, without secrets, payloads or addresses. `provider_text` is the provider's
    own message, shown only to the account's owner and labelled as such. `next_step` is a suggestion for the owner.
    """

    code: ClassVar[str] = "provider_error"
    http_status: ClassVar[int] = 500
    permanent: ClassVar[bool] = False
    title: ClassVar[str] = "The provider returned an error"
    next_step: ClassVar[str] = "Try again. If the error persists, check the provider's own site."

    def __init__(
        self,
        message: str,
        *,
        provider_id: str = "",
        operation: str = "",
        provider_code: str = "",
        provider_text: str = "",
        status: int | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider_id = provider_id
        self.operation = operation
        self.provider_code = provider_code
        self.provider_text = provider_text
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def members(self) -> dict[str, Any]:
        """Further members of the problem document."""
        names = ("next_step", "provider_id", "operation", "provider_code", "provider_text", "retry_after_seconds")
        return {name: getattr(self, name) for name in names}


class Authentication(ProviderError):
    """The credentials are rejected: wrong, expired or replaced by another sign-in."""

    code = "provider_authentication"
    http_status = 401
    permanent = True
    title = "The provider does not accept this sign-in"
    next_step = "Open Provider Settings and update this account's access key or token."


class QuotaExceeded(ProviderError):
    """The account has no credits, or its plan does not include this."""

    code = "provider_quota"
    http_status = 402
    permanent = True
    title = "The account is out of credits"
    next_step = "Add credits at the provider, or use another account."


class PermissionDenied(ProviderError):
    """The account lacks permission: plan, workspace, region or verification."""

    code = "provider_permission"
    http_status = 403
    permanent = True
    title = "The provider does not allow this for the account"
    next_step = "Check the account's plan and workspace at the provider."


class JobNotFound(ProviderError):
    """The provider has no such job or item."""

    code = "provider_job_not_found"
    http_status = 404
    permanent = True
    title = "Not found at the provider"
    next_step = "The item may have been deleted at the provider, or belong to another account."


class InvalidParameters(ProviderError):
    """The provider rejected the parameters of the request."""

    code = "provider_invalid_parameters"
    http_status = 422
    permanent = True
    title = "The provider rejected the request"
    next_step = "Change the request and try again."


class UnsupportedOperation(ProviderError):
    """The provider does not offer this operation; nothing was sent."""

    code = "provider_unsupported"
    http_status = 422
    permanent = True
    title = "This provider does not support this"
    next_step = "Use another provider."


class ModelUnavailable(ProviderError):
    """The model is not available, or not to this account."""

    code = "provider_model_unavailable"
    http_status = 422
    permanent = True
    title = "This model is not available"
    next_step = "Choose another model."


class RateLimited(ProviderError):
    """Too many requests; `retry_after_seconds` is the time to wait, when known."""

    code = "provider_rate_limited"
    http_status = 429
    title = "The provider's rate limit was reached"
    next_step = "Wait a moment and try again."


class ConcurrencyLimited(RateLimited):
    """The account has reached its limit of running jobs."""

    title = "Too many jobs are running in this account"
    next_step = "Wait for a running job to finish, or use another account."


class ContentFiltered(ProviderError):
    """The provider's moderation blocked a prompt, an input or a result."""

    code = "provider_content_filtered"
    http_status = 451
    permanent = True
    title = "Blocked by the provider's moderation"
    next_step = "Change the prompt or the input."


class ProviderRetired(ProviderError):
    """The provider has closed; nothing was sent."""

    code = "provider_retired"
    http_status = 410
    permanent = True
    title = "This provider has closed"
    next_step = "Imported assets stay in the library. Use another provider for new ones."


class AssetGone(ProviderError):
    """The media is no longer at the provider."""

    code = "provider_asset_gone"
    http_status = 410
    permanent = True
    title = "The media is no longer at the provider"
    next_step = "Its data and lineage stay in the library."


class Unavailable(ProviderError):
    """The provider is down or could not be reached."""

    code = "provider_unavailable"
    http_status = 503
    title = "The provider cannot be reached"
    next_step = "Try again in a few minutes."


class TimedOut(ProviderError):
    """The provider did not respond in time."""

    code = "provider_timeout"
    http_status = 504
    title = "The provider did not respond in time"
    next_step = "Try again in a few minutes."


class ProtocolError(ProviderError):
    """The provider's response is malformed: not JSON, or of the wrong shape."""

    code = "provider_protocol"
    http_status = 502
    title = "The provider's response could not be read"
    next_step = "Try again. If the error persists, the provider may have changed its API."


class AccountDisabled(AppError):
    """The account is disabled; no request was sent to the provider."""

    http_status = 409
    code = "account_disabled"
    title = "The account is disabled"

    def __init__(self) -> None:
        super().__init__("This account is disabled. Enable it in Provider Settings.")
