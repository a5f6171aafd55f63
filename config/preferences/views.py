"""The page of a person's preferences."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from common.pages import PageRequest
from config.preferences.forms import PreferencesForm
from config.preferences.time_zone import chosen_zone, set_zone


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and change one's preferences."""
    page = cast(PageRequest, request)
    form = PreferencesForm(request.POST or None, initial={"time_zone": chosen_zone(page.user)})
    if request.method == "POST" and form.is_valid():
        set_zone(page.user, form.cleaned_data["time_zone"])
        messages.success(request, "Preferences saved.")
        return redirect("preferences")
    context = {"section": "preferences", "form": form, "now": timezone.now()}
    return render(request, "config/preferences/preferences.html", context, status=422 if form.errors else 200)
