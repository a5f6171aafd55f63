"""The form people sign in with."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Asks for a name and a password, and calls them that when they are wrong."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "The name or the password is wrong. Capital and small letters differ in both.",
    }
