"""Plan of a library, generated from a seed: kind, creation time and parents of each item."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, cycle
from random import Random

from providers.sandbox.library import recipes
from providers.sandbox.library.identifiers import DAY_MS, TODAY_MS, Names, Role, mint_id
from providers.sandbox.library.recipes import Recipe
from providers.sandbox.library.scenes import SCENES

KINDS = ("video", "image", "upload_image", "upload_video", "audio", "upload_audio")
SPAN_DAYS = 548
HEAD = ("upload_image", "upload_image", "upload_video", "audio", "upload_image", "video", "image", "video")
CHAIN_CLIPS = 40
HUB_SHARE, HUB_USES = 0.15, 300
# The newest items are done and have files, so that a page of the newest shows pictures.
NEWEST_SHARE, NEWEST = 0.1, 48
NEW_PICTURES = {"image_to_video", "fusion", "video_edit", "motion_control"}
# These change the quality or the audio of a clip, not its pictures.
SAME_PICTURES = {"video_upscale", "lip_sync", "add_audio"}
SCENE_COUNT = len(SCENES)

_ASPECTS = ("16:9", "16:9", "16:9", "9:16", "9:16", "1:1", "4:3", "3:4")
# Records with these quirks have no file that a later item could name.
_FILELESS = {"done_placeholder", "nulls"}


# A number stands for the next clip of that chain.
Card = Recipe | int


class Spec:
    """Compact description of one item; `records.py` generates its payload on access.

    `parents` are indexes of older specs, or the path or URL of something in no list. `look` is the palette and scene
    of the family, `variant` the picture within it, `start` the second at which its motion begins.
    """

    __slots__ = (
        "aspect",
        "at_ms",
        "duration",
        "gone",
        "index",
        "item_id",
        "kind",
        "look",
        "parents",
        "recipe",
        "start",
        "status",
        "variant",
    )  # fmt: skip

    def __init__(self, index: int, kind: str, recipe: Recipe, at_ms: int, item_id: int) -> None:
        self.index = index
        self.kind = kind
        self.recipe = recipe
        self.at_ms = at_ms
        self.item_id = item_id
        self.status = recipe.status
        self.parents: tuple[int | str, ...] = ()
        self.look = 0
        self.variant = 0
        self.start = 0
        self.aspect = "16:9"
        self.duration = 5
        self.gone = False

    @property
    def media_type(self) -> str:
        return self.kind.removeprefix("upload_")

    @property
    def has_file(self) -> bool:
        """True when the provider has its file, or will have it soon."""
        return self.status in (1, 10) and self.recipe.quirk != "done_placeholder"

    @property
    def is_ready(self) -> bool:
        """True when the file can be fetched now."""
        return self.status == 1 and self.has_file and not self.gone


def allot(size: int) -> dict[str, int]:
    """Distribute `size` items over the kinds of KINDS; the counts add up to `size`."""
    counts = dict.fromkeys(KINDS, 0)
    for kind in HEAD[: min(size, len(HEAD))]:
        counts[kind] += 1
    rest = size - sum(counts.values())
    shares = {"image": 0.25, "upload_image": 0.13, "upload_video": 0.02, "audio": 0.008, "upload_audio": 0.007}
    for kind, share in shares.items():
        counts[kind] += int(rest * share)
    counts["video"] += size - sum(counts.values())
    return counts


class Planner:
    """Generator of the specs of one library, oldest first; `more` continues after the last one."""

    def __init__(self, size: int, seed: int) -> None:
        self.names = Names(seed)
        self.specs: list[Spec] = []
        self._random = Random(f"stemma-sandbox:{seed}")
        names = ("image", "upload", "made", "video", "clip", "audio", "fusion")
        self._pools: dict[str, list[int]] = {name: [] for name in names}
        self._chains: dict[int, int] = {}
        self._hub: int | None = None
        self._twin: int | None = None
        self._slots: dict[str, int] = {}
        self._audio = cycle(recipes.AUDIO)
        self._families = self._random.randrange(SCENE_COUNT)
        self._counts = allot(size)
        self._decks = self._deal_decks(size)
        self._lay_out(size)

    def more(self, count: int) -> list[Spec]:
        """Add `count` generated clips, one per minute after the newest item."""
        at_ms = self.specs[-1].at_ms if self.specs else TODAY_MS - DAY_MS
        return [self._make("video", self._regular(recipes.MODERN), at_ms + 60_000 * n) for n in range(1, count + 1)]

    def _lay_out(self, size: int) -> None:
        kinds, working = self._sequence(size), _working(size)
        newest = _newest(size)
        step = SPAN_DAYS * DAY_MS / max(len(kinds), 1)
        begin = TODAY_MS - SPAN_DAYS * DAY_MS
        older = kinds[: len(kinds) - newest]
        early = int(older.count("video") * 0.4)
        self._slots = {"early": early, "late": older.count("video") - early, "image": older.count("image")}
        for number, kind in enumerate(kinds):
            if number == len(older):
                # Between the times that the items before and after can have.
                for place, (unfinished, recipe) in enumerate(working):
                    self._make(unfinished, recipe, int(begin + (number - 0.15 + 0.03 * place) * step))
            card = self._next_card(kind) if number < len(older) else self._finished_card(kind)
            self._make(kind, card, int(begin + (number + self._random.random() * 0.8) * step))

    def _sequence(self, size: int) -> list[str]:
        """Return the kinds of all items but the unfinished ones, oldest first."""
        head = list(HEAD[:size])
        left = dict(self._counts)
        for kind in head + [kind for kind, _ in _working(size)]:
            left[kind] -= 1
        rest = [kind for kind in KINDS for _ in range(left[kind])]
        self._random.shuffle(rest)
        return head + rest

    def _deal_decks(self, size: int) -> dict[str, list[Card]]:
        """Build the decks of edge cases, chains and hub uses, each used once; other slots are filled by weight."""
        videos = self._counts["video"]
        chain = min(CHAIN_CLIPS, videos // 5) if videos >= 10 else 0
        side_chains = [self._random.randint(4, 16) for _ in range(videos // 400)]
        hub = min(HUB_USES, int(size * HUB_SHARE))
        edges = [recipe for recipe in recipes.MODERN if recipe.weight < 8]
        late: list[Card] = [*edges[: videos * 3 // 10]]
        late += [0] * chain
        for number, length in enumerate(side_chains, start=1):
            late += [number] * length
        room = max(int((videos - _newest(size)) * 0.58) - len(late), 0)
        uses = [recipes.IMAGE] * (hub * 7 // 10) + [recipes.TRANSITION] * (hub // 10) + [recipes.FUSION] * (hub // 10)
        self._random.shuffle(uses)
        late += [replace(recipe, needs="H" + recipe.needs[1:]) for recipe in uses[:room]]
        pictures: list[Card] = [*recipes.PICTURES[: self._counts["image"] // 2]]
        pictures += [replace(recipes.PICTURES[1], needs="H")] * min(hub // 10, self._counts["image"] // 4)
        decks: dict[str, list[Card]] = {"early": [*recipes.OLD[: videos * 3 // 10]], "late": late, "image": pictures}
        for cards in decks.values():
            self._random.shuffle(cards)
        return decks

    def _next_card(self, kind: str) -> Card:
        if kind not in ("video", "image"):
            return next(self._audio) if kind == "audio" else recipes.UPLOAD
        era = "image" if kind == "image" else "early" if self._slots["early"] else "late"
        deck, slots = self._decks[era], self._slots[era]
        self._slots[era] -= 1
        # Items that most others are made from come first, so that no item lacks an input.
        if kind == "image" and not self._pools["made"]:
            return recipes.PICTURES[0]
        if kind == "video" and len(self._pools["video"]) < 2:
            return recipes.OLD[0]
        # Spread over the era: the probability of a card is the rest of the deck divided by the rest of the slots.
        if deck and self._random.random() * slots < len(deck):
            return deck.pop()
        return self._regular({"image": recipes.PICTURES, "late": recipes.MODERN, "early": recipes.OLD}[era])

    def _finished_card(self, kind: str) -> Card:
        if kind not in ("video", "image"):
            return self._next_card(kind)
        return self._regular(recipes.MODERN_DONE if kind == "video" else recipes.PICTURES_DONE)

    def _regular(self, table: tuple[Recipe, ...]) -> Recipe:
        return self._random.choices(table, cum_weights=_WEIGHTS[id(table)])[0]

    def _make(self, kind: str, card: Card, at_ms: int) -> Spec:
        recipe, parents = self._resolve(kind, card, at_ms)
        spec = self._new(kind, recipe, at_ms)
        spec.parents = parents
        self._inherit(spec)
        self._file(spec, card)
        return spec

    def _new(self, kind: str, recipe: Recipe, at_ms: int) -> Spec:
        index = len(self.specs)
        spec = Spec(index, kind, recipe, at_ms, mint_id(at_ms, self._random.getrandbits(11)))
        self.specs.append(spec)
        return spec

    def _resolve(self, kind: str, card: Card, at_ms: int) -> tuple[Recipe, tuple[int | str, ...]]:
        if isinstance(card, int):
            last = self._chains.get(card)
            return (recipes.TEXT, ()) if last is None else (recipes.EXTEND, (last,))
        more = self._random.randint(0, card.more) if card.more else 0
        parents: list[int | str] = []
        for letter in card.needs + "i" * more:
            parent = self._pick(letter, parents, at_ms)
            if parent is None:
                return (recipes.PICTURES[0] if kind == "image" else recipes.TEXT), ()
            parents.append(parent)
        return card, tuple(parents)

    def _pick(self, letter: str, before: list[int | str], at_ms: int) -> int | str | None:
        match letter:
            case "=":
                return before[-1]
            case "H":
                return self._hub
            case "G" | "J":
                return self._gone("video" if letter == "G" else "image", at_ms)
            case "F":
                source = self._draw("video")
                return None if source is None else f"pixverse/video/frame/{self.names.uuid(source, Role.CUT_FRAME)}.jpg"
            case "X":
                return f"https://pictures.example.org/attic/{self._random.randrange(10**6):06}.jpg"
            case "T":
                return self._twin
            case "f":
                return self._draw("fusion") if self._pools["fusion"] else self._draw("video")
        return self._draw({"i": "image", "u": "upload", "g": "made", "v": "video", "w": "clip", "a": "audio"}[letter])

    def _draw(self, pool_name: str) -> int | None:
        """Return mostly a recent item, sometimes an old one."""
        pool = self._pools[pool_name]
        if not pool:
            return None
        chance = self._random.random()
        if chance < 0.6:
            return pool[-1 - int(self._random.random() * min(len(pool), 40))]
        if chance < 0.7:
            return pool[int(len(pool) * self._random.random() ** 2)]
        return self._random.choice(pool)

    def _gone(self, kind: str, at_ms: int) -> int:
        """Create an item deleted at the provider: it has names, but is in no list and has no file."""
        spec = self._new(kind, recipes.GONE, at_ms - 1000)
        spec.gone = True
        self._inherit(spec)
        return spec.index

    def _inherit(self, spec: Spec) -> None:
        first = next((self.specs[parent] for parent in spec.parents if isinstance(parent, int)), None)
        spec.duration = self._random.choice((5, 5, 5, 8)) if spec.media_type != "image" else 0
        if first is None:
            # New families alternate between the scenes.
            self._families += 1
            spec.look = self._random.getrandbits(20) * SCENE_COUNT + self._families % SCENE_COUNT
            spec.variant = self._random.getrandbits(16)
            spec.aspect = self._random.choice(_ASPECTS)
            return
        spec.look, spec.aspect, spec.variant = first.look, first.aspect, first.variant
        # A clip made from an image has its palette and scene, and its own arrangement.
        if spec.kind == "image" or spec.recipe.operation in NEW_PICTURES:
            spec.variant = self._random.getrandbits(16)
        if spec.recipe.operation == "video_extend":
            self._continue(spec, first)
        elif spec.kind == "video":
            spec.start = first.start
        if spec.recipe.operation in SAME_PICTURES:
            spec.duration = first.duration
        if spec.recipe.operation == "video_transition":
            spec.duration = 5 * (len(spec.parents) - 1)

    def _continue(self, spec: Spec, source: Spec) -> None:
        """Start where the source ends; a transition ends with its last image."""
        last = source
        while last.recipe.operation in SAME_PICTURES and isinstance(last.parents[0], int):
            last = self.specs[last.parents[0]]
        if last.recipe.operation == "video_transition":
            last = next((self.specs[n] for n in reversed(last.parents) if isinstance(n, int)), last)
        spec.look, spec.variant, spec.start = last.look, last.variant, last.start + source.duration

    def _file(self, spec: Spec, card: Card) -> None:
        """Add the new item to the pools from which later items draw their inputs."""
        if spec.status != 1 or spec.recipe.quirk in _FILELESS:
            return
        if spec.media_type == "image":
            self._pools["image"].append(spec.index)
            self._pools["upload" if spec.kind == "upload_image" else "made"].append(spec.index)
            if spec.kind == "upload_image":
                self._mark_upload(spec)
        elif spec.kind == "video":
            self._pools["video"].append(spec.index)
            if spec.recipe.operation == "fusion":
                self._pools["fusion"].append(spec.index)
        else:
            self._pools["clip" if spec.media_type == "video" else "audio"].append(spec.index)
        if isinstance(card, int):
            self._chains[card] = spec.index

    def _mark_upload(self, spec: Spec) -> None:
        """Mark the first upload as the hub, and the second as another upload of the same picture."""
        if self._hub is None:
            self._hub = spec.index
        elif self._twin is None:
            hub = self.specs[self._hub]
            self._twin, spec.look, spec.variant, spec.aspect = spec.index, hub.look, hub.variant, hub.aspect


def _working(size: int) -> tuple[tuple[str, Recipe], ...]:
    """Return the unfinished items of a library of `size` items."""
    return recipes.WORKING if size >= 60 else ()


def _newest(size: int) -> int:
    """Return how many items are newer than the unfinished ones."""
    return min(int(size * NEWEST_SHARE), NEWEST) if _working(size) else 0


_WEIGHTS = {
    id(table): list(accumulate(recipe.weight for recipe in table))
    for table in (recipes.MODERN, recipes.OLD, recipes.PICTURES, recipes.MODERN_DONE, recipes.PICTURES_DONE)
}
