"""Pages of the Provider Settings: list, connect, test, change and delete accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from common.errors import Busy
from common.pages import PageRequest, Problem, post_only, render_page
from common.versions import EditConflict
from providers import accounts
from providers.accounts import InvalidAccount
from providers.base import Adapter, Capability, SignInMethod
from providers.errors import AccountDisabled, ProviderError
from providers.forms import AccountForm, add_problem
from providers.models import AccountState, ProviderAccount
from providers.registry import UnknownProvider, adapter_class, provider_ids

SETTINGS_PAGE = "providers/settings.html"
ACCOUNT_PAGE = "providers/account.html"

STATE_TONES = {
    AccountState.ACTIVE: "good",
    AccountState.NEEDS_SIGN_IN: "bad",
    AccountState.NO_CREDIT: "warning",
    AccountState.UNREACHABLE: "warning",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """Tab of one provider."""

    provider_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Row of the accounts list; `tone` is the color class of `state`."""

    account: ProviderAccount
    state: str
    tone: str


@require_GET
@login_required
def first_provider(request: HttpRequest) -> HttpResponse:
    """Redirect to the first provider's tab."""
    return redirect("providers:settings", provider_id=provider_ids()[0])


@require_GET
@login_required
def settings(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Render one provider's accounts and manual tools."""
    adapter = _adapter_or_404(provider_id)
    page = cast(PageRequest, request)
    return render_page(page, SETTINGS_PAGE, _settings_context(page, adapter), part="accounts")


@require_http_methods(["GET", "POST"])
@login_required
def connect(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Add an account by one of the provider's sign-in methods, then test it."""
    page = cast(PageRequest, request)
    adapter = _adapter_or_404(provider_id)
    method = _method(adapter, request.GET.get("method", ""))
    form = AccountForm(request.POST or None, method=method)
    if request.method == "POST" and form.is_valid():
        try:
            account = accounts.connect(
                page.user,
                provider_id=provider_id,
                label=form.cleaned_data["label"],
                base_url=form.cleaned_data["base_url"],
                credentials=form.credentials,
                now=timezone.now(),
            )
        except InvalidAccount as refusal:
            _show_refusal(form, refusal)
        else:
            _test_and_report(page, account)
            return redirect("providers:settings", provider_id=provider_id)
    return _account_page(request, adapter, form, account=None)


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, account_id: int) -> HttpResponse:
    """Rename an account or replace its credentials; stored ones are never shown."""
    page = cast(PageRequest, request)
    account = _account_or_404(page, account_id)
    adapter = _adapter_or_404(account.provider_id)
    form = AccountForm(request.POST or None, method=_method(adapter, request.GET.get("method", "")), account=account)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.update(
                account,
                label=form.cleaned_data["label"],
                base_url=form.cleaned_data["base_url"],
                credentials=form.credentials or None,
                now=timezone.now(),
                version=form.cleaned_data["version"],
            )
        except InvalidAccount as refusal:
            _show_refusal(form, refusal)
        except EditConflict as conflict:
            form.show_conflict(conflict, conflict.current)
            return _account_page(request, adapter, form, account=account, status=conflict.http_status)
        else:
            if form.credentials and account.is_enabled:
                _test_and_report(page, account)
            else:
                messages.success(request, f"Saved “{account.label}”.")
            return redirect("providers:settings", provider_id=account.provider_id)
    return _account_page(request, adapter, form, account=account)


@post_only(redirect_to="providers:settings")
@login_required
def test_connection(request: HttpRequest, account_id: int) -> HttpResponse:
    """Test an account at its provider."""
    page = cast(PageRequest, request)
    account = _account_or_404(page, account_id)
    problem = _test_and_report(page, account, quiet=bool(page.htmx))
    return _after_test(page, account, problem)


@post_only(redirect_to="providers:settings")
@login_required
def switch(request: HttpRequest, account_id: int) -> HttpResponse:
    """Enable or disable an account. A disabled one is kept and not used."""
    page = cast(PageRequest, request)
    account = _account_or_404(page, account_id)
    is_enabled = request.POST.get("is_enabled") == "true"
    accounts.update(account, is_enabled=is_enabled, now=timezone.now())
    messages.success(request, f"“{account.label}” is {'enabled' if is_enabled else 'disabled'}.")
    # The whole page, since the buttons of the tools change with the account.
    address = redirect("providers:settings", provider_id=account.provider_id)
    return HttpResponseClientRedirect(address.url) if page.htmx else address


@require_http_methods(["GET", "POST"])
@login_required
def delete(request: HttpRequest, account_id: int) -> HttpResponse:
    """Confirm, then delete an account and its credentials; imported assets are kept."""
    account = _account_or_404(cast(PageRequest, request), account_id)
    if request.method == "POST":
        provider_id, label = account.provider_id, account.label
        accounts.disconnect(account)
        messages.success(request, f"Deleted “{label}”. Imported assets stay in the library.")
        return redirect("providers:settings", provider_id=provider_id)
    context = {
        "section": "providers",
        "account": account,
        "display_name": _adapter_or_404(account.provider_id).display_name,
    }
    return render(request, "providers/delete.html", context)


def _settings_context(request: PageRequest, adapter: type[Adapter]) -> dict[str, object]:
    owned = (
        ProviderAccount.objects.filter(owner=request.user)
        .filter(provider_id=adapter.provider_id)
        .order_by("label", "id")
    )
    rows = [_row(account) for account in owned]
    return {
        "section": "providers",
        "tabs": _tabs(),
        "provider_id": adapter.provider_id,
        "display_name": adapter.display_name,
        "rows": rows,
        "has_list": Capability.WALK_ASSETS in adapter.capabilities,
        "can_fetch_by_id": Capability.GET_ASSET in adapter.capabilities,
        "kinds": adapter.fetchable_by_id,
        "usable": accounts.working_first(row.account for row in rows if row.account.is_enabled),
    }


def _row(account: ProviderAccount) -> AccountRow:
    if not account.is_enabled:
        return AccountRow(account, "Disabled", "")
    state = AccountState(account.state)
    return AccountRow(account, state.label, STATE_TONES.get(state, ""))


def _tabs() -> list[Tab]:
    return [Tab(provider_id, adapter_class(provider_id).display_name) for provider_id in provider_ids()]


def _account_page(
    request: HttpRequest,
    adapter: type[Adapter],
    form: AccountForm,
    *,
    account: ProviderAccount | None,
    status: int = 422,
) -> HttpResponse:
    context = {
        "section": "providers",
        "provider_id": adapter.provider_id,
        "display_name": adapter.display_name,
        "methods": adapter.sign_in_methods,
        "form": form,
        "account": account,
    }
    return render(request, ACCOUNT_PAGE, context, status=status if form.errors else 200)


def _after_test(
    request: PageRequest, account: ProviderAccount, problem: ProviderError | Problem | None
) -> HttpResponse:
    """Show the list of accounts again: in place for htmx, by a redirect otherwise."""
    if not request.htmx:
        return redirect("providers:settings", provider_id=account.provider_id)
    context = _settings_context(request, _adapter_or_404(account.provider_id))
    context |= {"problem": problem, "problem_account": account}
    refused = AccountDisabled.http_status if isinstance(problem, Problem) else 422
    return render_page(request, SETTINGS_PAGE, context, part="accounts", status=refused if problem else 200)


def _test_and_report(
    request: PageRequest, account: ProviderAccount, *, quiet: bool = False
) -> ProviderError | Problem | None:
    """Test an account and add the result as a toast; with `quiet` a problem is only returned, for the page to show."""
    try:
        accounts.test(account, now=timezone.now())
    except (ProviderError, AccountDisabled) as error:
        problem = error if isinstance(error, ProviderError) else Problem.of(error)
        if not quiet:
            messages.error(request, f"“{account.label}”: {problem.title}. {problem.message} {problem.next_step}")
        return problem
    except Busy as error:
        # The account was saved before, so the page must not ask for it again.
        if quiet:
            raise
        messages.error(request, f"“{account.label}” was not tested. {error}")
        return Problem.of(error)
    messages.success(request, f"“{account.label}” is connected.")
    return None


def _show_refusal(form: AccountForm, refusal: InvalidAccount) -> None:
    for field, message in refusal.errors.items():
        add_problem(form, field, message)


def _method(adapter: type[Adapter], name: str) -> SignInMethod:
    methods = {method.name: method for method in adapter.sign_in_methods}
    return methods.get(name, adapter.sign_in_methods[0])


def _adapter_or_404(provider_id: str) -> type[Adapter]:
    try:
        return adapter_class(provider_id)
    except UnknownProvider:
        raise Http404(f"There is no provider with the ID {provider_id!r}.") from None


def _account_or_404(request: PageRequest, account_id: int) -> ProviderAccount:
    return get_object_or_404(ProviderAccount.objects.filter(owner=request.user), pk=account_id)
