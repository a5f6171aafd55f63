"""What a person fills in on the library's pages: filters, and the steps of a scan or an import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self, cast

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.core.validators import MaxValueValidator
from django.http import QueryDict

from assets.library import LibraryFilter
from assets.sync import ImportReport, ScanReport
from providers.base import RemoteList
from providers.models import ProviderAccount
from providers.registry import adapter_class, provider_ids
from providers.vocabulary import MediaType, OperationType

LINEAGE_CHOICES = [("", "Any lineage"), ("related", "Has lineage"), ("orphan", "Orphans")]
SORT_CHOICES = [("newest", "Newest first"), ("oldest", "Oldest first")]

# There must be a day after it.
LAST_DAY = date(9998, 12, 31)

INVALID_SHOWN_MAX = 50
"""Invalid items that are listed by id and reason; the rest are counted."""

_WALK_SALT = "assets.walk"


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter that is on, in words, and the query string of the same page without it."""

    label: str
    value: str
    without: str


class LibraryFilterForm(forms.Form):
    """The library's filters, as the query string of its address holds them."""

    text = forms.CharField(
        required=False,
        max_length=200,
        label="Search prompts",
        widget=forms.TextInput(
            attrs={"class": "form-control", "type": "search", "placeholder": "Search prompts", "autocomplete": "off"}
        ),
    )
    provider_id = forms.ChoiceField(required=False, label="Provider")
    account_id = forms.ChoiceField(required=False, label="Account")
    media_type = forms.ChoiceField(required=False, label="Media", choices=[("", "All media"), *MediaType.choices])
    operation_type = forms.ChoiceField(
        required=False, label="Made by", choices=[("", "Any operation"), *OperationType.choices]
    )
    made_after = forms.DateField(required=False, label="Made after", validators=[MaxValueValidator(LAST_DAY)])
    made_before = forms.DateField(required=False, label="Made before", validators=[MaxValueValidator(LAST_DAY)])
    lineage = forms.ChoiceField(required=False, label="Lineage", choices=LINEAGE_CHOICES)
    show_stubs = forms.BooleanField(required=False, label="Show what is only named by its children")
    sort = forms.ChoiceField(required=False, label="Sort", choices=SORT_CHOICES)

    def __init__(self, query: QueryDict, *, owner: User) -> None:
        super().__init__(query)
        self.query = query
        self._choices(
            "provider_id", "All providers", [(name, adapter_class(name).display_name) for name in provider_ids()]
        )
        accounts = ProviderAccount.objects.filter(owner=owner).order_by("provider_id", "label", "id")
        self._choices("account_id", "All accounts", [(str(account.pk), account.label) for account in accounts])
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                field.widget.attrs["class"] = "form-select"
            elif isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"class": "form-control", "type": "date"})
            elif name == "show_stubs":
                field.widget.attrs["class"] = "form-check-input"

    def filter(self) -> LibraryFilter:
        """The filter as the library reads it. The form must be valid."""
        chosen = self.cleaned_data
        return LibraryFilter(
            provider_id=chosen["provider_id"],
            account_id=int(chosen["account_id"]) if chosen["account_id"] else None,
            media_type=chosen["media_type"],
            operation_type=chosen["operation_type"],
            made_after=chosen["made_after"],
            made_before=chosen["made_before"],
            lineage=chosen["lineage"],
            text=chosen["text"],
            show_stubs=chosen["show_stubs"],
            sort=chosen["sort"] or "newest",
        )

    def active(self) -> list[ActiveFilter]:
        """The filters that are on, the sort order not among them. The form must be valid."""
        return [
            ActiveFilter(str(self.fields[name].label), self._in_words(name), self._without(name))
            for name in self.fields
            if name != "sort" and self.cleaned_data.get(name)
        ]

    def _choices(self, name: str, any_label: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = [("", any_label), *choices]

    def _in_words(self, name: str) -> str:
        field, value = self.fields[name], self.cleaned_data[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices)[value])  # type: ignore[arg-type]
        return "" if value is True else str(value)

    def _without(self, name: str) -> str:
        query = self.query.copy()
        for gone in (name, "cursor"):
            query.pop(gone, None)
        return query.urlencode()


@dataclass(frozen=True, slots=True)
class ListProgress:
    """How far one remote list has been read: items seen, items already here, and where to go on."""

    remote_list: str
    position: str = ""
    is_done: bool = False
    scanned: int = 0
    existing: int = 0
    total: int | None = None

    @property
    def remote_count(self) -> int:
        """The provider's own count, or what was seen when it gives none."""
        return self.scanned if self.total is None else self.total

    def after(self, report: ScanReport | ImportReport, *, existing: int) -> Self:
        """This list one window further."""
        return replace(
            self,
            position=report.next or "",
            is_done=report.next is None,
            scanned=self.scanned + report.scanned,
            existing=self.existing + existing,
            total=report.total if report.total is not None else self.total,
        )


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has brought so far; `invalid` lists the first of them as (id, reason)."""

    created: int = 0
    existing: int = 0
    completed: int = 0
    merged: int = 0
    invalid_count: int = 0
    invalid: tuple[tuple[str, str], ...] = ()

    def after(self, report: ImportReport) -> Self:
        """The same with one window more."""
        fresh = tuple((item.provider_asset_id or "no id", item.reason) for item in report.invalid)
        return replace(
            self,
            created=self.created + report.created,
            existing=self.existing + report.existing,
            completed=self.completed + report.completed,
            merged=self.merged + report.merged,
            invalid_count=self.invalid_count + len(fresh),
            invalid=(*self.invalid, *fresh)[:INVALID_SHOWN_MAX],
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through a whole remote library, one window of each list a step; it travels in the page's form, signed."""

    account_id: int
    lists: tuple[ListProgress, ...]
    is_import: bool = False
    create_lineage: bool = False
    imported: Imported | None = None

    @classmethod
    def start(cls, account: ProviderAccount, *, is_import: bool, create_lineage: bool = False) -> Self:
        """Before the first step."""
        return cls(
            account_id=account.pk,
            lists=tuple(ListProgress(name) for name in adapter_class(account.provider_id).lists),
            is_import=is_import,
            create_lineage=create_lineage,
            imported=Imported() if is_import else None,
        )

    @classmethod
    def from_token(cls, token: str, account: ProviderAccount) -> Self:
        """Read a walk back. Raises forms.ValidationError when it was not written here or for another account."""
        try:
            told: Mapping[str, Any] = signing.loads(token, salt=_WALK_SALT)
            walk = cls(
                account_id=told["account_id"],
                lists=tuple(ListProgress(**progress) for progress in told["lists"]),
                is_import=told["is_import"],
                create_lineage=told["create_lineage"],
                imported=_imported(told["imported"]),
            )
        except (signing.BadSignature, KeyError, TypeError, ValueError):
            raise forms.ValidationError("The position in the library could not be read.") from None
        if walk.account_id != account.pk:
            raise forms.ValidationError("The position belongs to another account.")
        return walk

    @property
    def token(self) -> str:
        """The walk as the form carries it."""
        return signing.dumps(asdict(self), salt=_WALK_SALT, compress=True)

    @property
    def is_done(self) -> bool:
        """Whether every list was read to its end."""
        return all(progress.is_done for progress in self.lists)

    @property
    def scanned(self) -> int:
        """Items seen in all lists."""
        return sum(progress.scanned for progress in self.lists)

    @property
    def remote_count(self) -> int:
        """Items there in all lists, as far as is known."""
        return sum(progress.remote_count for progress in self.lists)

    @property
    def existing(self) -> int:
        """Items seen that are already here."""
        return sum(progress.existing for progress in self.lists)


class WalkForm(forms.Form):
    """One step of a scan or an import: which account, and how far the walk has come; no `walk` starts one."""

    account = forms.IntegerField(min_value=1)
    walk = forms.CharField(required=False, max_length=40_000)
    create_lineage = forms.BooleanField(required=False)

    def next_step(self, account: ProviderAccount, *, is_import: bool) -> Walk:
        """The walk this form asks to take further. Raises forms.ValidationError for a walk that is nonsense."""
        token = self.cleaned_data["walk"]
        if not token:
            return Walk.start(account, is_import=is_import, create_lineage=self.cleaned_data["create_lineage"])
        walk = Walk.from_token(token, account)
        if walk.is_import != is_import:
            raise forms.ValidationError("The position belongs to another kind of walk.")
        return walk


def _imported(told: Mapping[str, Any] | None) -> Imported | None:
    if told is None:
        return None
    return Imported(**{**told, "invalid": tuple((identifier, reason) for identifier, reason in told["invalid"])})


def remote_list(progress: ListProgress) -> RemoteList:
    """Which list a progress is of."""
    return RemoteList(progress.remote_list)
