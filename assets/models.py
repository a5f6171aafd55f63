"""The library's rows: assets, the names providers know them by, and the record of merges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.text import Truncator

from assets.name_key import IsKeyed, NameKey
from providers.models import ProviderAccount
from providers.owned import OwnedModel, OwnedQuerySet
from providers.vocabulary import AssetStatus, MediaType, NameKind, OperationType, Origin

WORDS_LENGTH = 60

if TYPE_CHECKING:
    from providers.records import Name


class AssetQuerySet(OwnedQuerySet["Asset"]):
    """Filters of the library."""

    def listed(self) -> Self:
        """Leave out stubs: what is only named by other assets."""
        return self.filter(is_stub=False)

    def newest_first(self) -> Self:
        """By the provider's own date, newest first; leans on `assets_asset_newest`."""
        return self.order_by("-made_at", "-id")

    def oldest_first(self) -> Self:
        """By the provider's own date, oldest first."""
        return self.order_by("made_at", "id")

    def without_payload(self) -> Self:
        """Leave the payload and the search vector in the database: lists never show them."""
        return self.defer("media_metadata", "search_vector")


class Asset(OwnedModel):
    """One piece of media the owner has or has used.

    `media_metadata` is the provider's payload, whole; the other columns are derived from it by the extractor. A stub
    is known only because something names it as a parent. `parent_count` and `child_count` count distinct assets and
    are kept by the database itself when edges come and go. `not_listed_since` is when a whole reading of its account's
    lists did not meet it any more, None while it is listed or nobody has looked. `deleted_at` is set on the stub that
    stays where its owner deleted an asset that others were made from.
    """

    # That rows of two owners never meet is kept by the database: see the migrations named one_owner.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(
        ProviderAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    provider_id = models.CharField(max_length=40)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    status = models.CharField(max_length=12, choices=AssetStatus.choices, default=AssetStatus.UNKNOWN)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.GENERATED)
    is_stub = models.BooleanField(default=False)
    operation_type = models.CharField(max_length=20, choices=OperationType.choices, default=OperationType.UNKNOWN)
    title = models.TextField(blank=True)
    prompt = models.TextField(blank=True)
    model_name = models.CharField(max_length=120, blank=True)
    remote_url = models.TextField(blank=True)
    thumbnail_url = models.TextField(blank=True)
    last_frame_url = models.TextField(blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_seconds = models.FloatField(null=True, blank=True)
    provider_created_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    not_listed_since = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    parent_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    child_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    media_metadata = models.JSONField(default=dict, blank=True)
    made_at = models.GeneratedField(
        expression=Coalesce("provider_created_at", "created_at"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    search_vector = models.GeneratedField(
        expression=SearchVector("title", "prompt", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = AssetQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("owner", models.F("made_at").desc(), models.F("id").desc(), name="assets_asset_newest"),
            GinIndex(fields=["search_vector"], name="assets_asset_search"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(media_type__in=MediaType.values), name="assets_asset_media_known"
            ),
            models.CheckConstraint(condition=models.Q(status__in=AssetStatus.values), name="assets_asset_status_known"),
            models.CheckConstraint(condition=models.Q(origin__in=Origin.values), name="assets_asset_origin_known"),
            models.CheckConstraint(
                condition=models.Q(operation_type__in=OperationType.values), name="assets_asset_operation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_stub=True) | ~models.Q(provider_asset_id=""), name="assets_asset_complete_has_id"
            ),
            models.CheckConstraint(
                condition=models.Q(is_stub=True) | models.Q(deleted_at=None), name="assets_asset_deleted_is_stub"
            ),
        ]

    def __str__(self) -> str:
        words = Truncator(self.description).chars(WORDS_LENGTH)
        return words or f"{self.provider_id} {self.provider_asset_id or self.pk}"

    @property
    def description(self) -> str:
        """What to call it: the owner's or provider's title, else the prompt."""
        return self.title or self.prompt


class ReferenceQuerySet(OwnedQuerySet["Reference"]):
    """Looking names up, by `assets_reference_unique_name`: the index of owners and keys."""

    def known(self, owner_id: int, provider_id: str, names: Iterable[Name]) -> Self:
        """The rows of these names, whatever asset they belong to; one query."""
        wanted = set(names)
        kinds, values = [str(name.kind) for name in wanted], [name.value for name in wanted]
        keys = "SELECT stemma_name_key(%s, kind, value) FROM unnest(%s::text[], %s::text[]) AS name(kind, value)"
        return self.filter(IsKeyed(keys, [provider_id, kinds, values]), owner_id=owner_id)

    def called(self, value: str, *, provider_ids: Iterable[str]) -> Self:
        """The rows of this name, whatever kind of name it is and whichever of these providers gave it."""
        keys = (
            "SELECT stemma_name_key(provider, kind, %s) FROM unnest(%s::text[]) AS provider, unnest(%s::text[]) AS kind"
        )
        return self.filter(IsKeyed(keys, [value, list(provider_ids), NameKind.values]))


class Reference(OwnedModel):
    """One name by which one provider knows an asset.

    `is_hearsay` marks a name that only a child's payload gave: it finds the asset, but when an item turns up that
    calls itself by that name, the name is the item's.
    """

    # Its owner is its asset's owner, whom the database checks already; the unique index begins with the owner.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="references", db_constraint=False)
    provider_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=NameKind.choices)
    value = models.TextField()
    is_hearsay = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                models.F("owner"), NameKey("provider_id", "kind", "value"), name="assets_reference_unique_name"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=NameKind.values), name="assets_reference_kind_known"),
            models.CheckConstraint(condition=~models.Q(value=""), name="assets_reference_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class AssetMerge(OwnedModel):
    """Two assets turned out to be one: what the other was, kept so that nothing is lost.

    `absorbed_id` is None when the other id never had a row of its own.
    """

    survivor = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="merges", db_constraint=False)
    absorbed_id = models.BigIntegerField(null=True, blank=True)
    absorbed_provider_asset_id = models.CharField(max_length=200, blank=True)
    absorbed_payload = models.JSONField(default=dict, blank=True)
    merged_at = models.DateTimeField()

    objects: ClassVar[models.Manager[AssetMerge]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["survivor", "absorbed_provider_asset_id"], name="assets_merge_unique_absorbed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.survivor_id}"


class Tombstone(OwnedModel):
    """One name of an asset that its owner deleted here: what goes by it is not imported again.

    `provider_asset_id` says which names were one asset's.
    """

    provider_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=NameKind.choices)
    value = models.TextField()
    media_type = models.CharField(max_length=10, choices=MediaType.choices)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    deleted_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Tombstone]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Ids of one provider's videos and images may be equal.
            models.UniqueConstraint(
                fields=["owner", "provider_id", "kind", "value", "media_type"], name="assets_tombstone_unique_name"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=NameKind.values), name="assets_tombstone_kind_known"),
            models.CheckConstraint(
                condition=models.Q(media_type__in=MediaType.values), name="assets_tombstone_media_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


class RunKind(models.TextChoices):
    """What a whole-library run does."""

    SCAN = "scan", "Scan"
    IMPORT = "import", "Import"


class RunMode(models.TextChoices):
    """How far a run reads each list."""

    FULL = "full", "Everything"
    INCREMENTAL = "incremental", "What is new"


class RunState(models.TextChoices):
    """Where a run stands. Queued and running are open: an account has one open run at most."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Stopped"
    CANCELLED = "cancelled", "Cancelled"


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)
RESUMABLE_STATES = (RunState.FAILED, RunState.CANCELLED)


class SyncRun(OwnedModel):
    """One scan or import of one account's whole library, started by a person and done by the worker.

    `execution` counts how often a worker has taken it up; only the latest may write. `continue_at` is set while the
    provider is given a rest. `active_seconds` is working time, rests and stops left out. The `error_` columns hold what
    stopped it, in the words of the error's class.
    """

    account = models.ForeignKey(
        ProviderAccount, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    provider_id = models.CharField(max_length=40)
    account_label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=RunKind.choices)
    mode = models.CharField(max_length=12, choices=RunMode.choices, default=RunMode.FULL)
    create_lineage = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    execution = models.PositiveIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    continue_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    active_seconds = models.FloatField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_title = models.CharField(max_length=200, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    error_next_step = models.CharField(max_length=300, blank=True)
    pending_lineage = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    progress_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[SyncRun]] = OwnedQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("owner", models.F("created_at").desc(), models.F("id").desc(), name="assets_run_newest"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state__in=OPEN_STATES), name="assets_run_one_open"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=RunKind.values), name="assets_run_kind_known"),
            models.CheckConstraint(condition=models.Q(mode__in=RunMode.values), name="assets_run_mode_known"),
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="assets_run_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.account_label}"

    @property
    def is_open(self) -> bool:
        """Whether a worker has it or will take it up."""
        return self.state in OPEN_STATES

    @property
    def is_resumable(self) -> bool:
        """Whether it can go on from where it stopped."""
        return self.state in RESUMABLE_STATES


class ListPhase(models.TextChoices):
    """How far one list of a run has come."""

    WALKING = "walking", "Reading"
    LOOKING_AGAIN = "looking_again", "Looking again at the newest"
    DONE = "done", "Done"


class SyncList(OwnedModel):
    """One list of a run: its cursor and its counters, saved in the same transaction as the page's rows.

    `shelf` is the adapter's key of the list; `position` is where its next page begins, for the adapter alone to read.
    `total` is the provider's own count, None when it gives none. `deleted` is what was deleted here and is left out.
    For a scan, `existing` is what is here and `created` what an import would bring.
    """

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="lists")
    shelf = models.CharField(max_length=40)
    phase = models.CharField(max_length=15, choices=ListPhase.choices, default=ListPhase.WALKING)
    position = models.CharField(max_length=500, blank=True)
    is_complete = models.BooleanField(default=True)
    total = models.PositiveIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[SyncList]] = OwnedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "shelf"], name="assets_runlist_unique_shelf"),
            models.CheckConstraint(condition=models.Q(phase__in=ListPhase.values), name="assets_runlist_phase_known"),
        ]

    def __str__(self) -> str:
        return f"{self.shelf} of run {self.run_id}"


class SyncProblem(OwnedModel):
    """One item of a run that could not be taken in, with its reason and what came."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="problems")
    shelf = models.CharField(max_length=40)
    provider_asset_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300)
    payload = models.JSONField(null=True, blank=True)
    is_resolved = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[SyncProblem]] = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.shelf} {self.provider_asset_id}: {self.reason}"


class SyncSeen(OwnedModel):
    """An asset that a full import has met; what the run does not meet is no longer listed.

    Kept until the run comes to its end or the account's next one begins. An asset may stand here twice.
    """

    # Rows come by the hundred thousand and go together: nothing looks after single ones. Owners are checked by the
    # database, as everywhere.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)

    objects: ClassVar[models.Manager[SyncSeen]] = OwnedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"asset {self.asset_id} in run {self.run_id}"
