"""Pages to make and revoke one's API tokens."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.pages import PageRequest, pager, render_page
from config.models import ApiToken
from config.tokens import store
from config.tokens.forms import TokenForm

LIST_PAGE = "config/tokens/list.html"
TOKENS_SHOWN = 50


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def token_list(request: HttpRequest) -> HttpResponse:
    """List one's active tokens, newest first, and make a new one, which only the answer to its form shows."""
    page = cast(PageRequest, request)
    form = TokenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = store.issue(page.user, name=form.cleaned_data["name"], now=timezone.now())
        form = TokenForm()
    listed = Paginator(_active(page).order_by("-created_at", "-pk"), TOKENS_SHOWN).get_page(request.GET.get("page"))
    context = {"section": "tokens", "form": form, "issued": issued, "listed": listed, **pager(request, listed)}
    return render_page(page, LIST_PAGE, context, part="results", status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Confirm, then revoke one of one's tokens."""
    token = get_object_or_404(_active(cast(PageRequest, request)), pk=token_id)
    if request.method == "POST":
        store.revoke(token, now=timezone.now())
        messages.success(request, f"Revoked “{token.name}”.")
        return redirect("tokens")
    return render(request, "config/tokens/revoke.html", {"section": "tokens", "token": token})


def _active(request: PageRequest) -> QuerySet[ApiToken]:
    return ApiToken.objects.owned_by(request.user).filter(revoked_at=None)
