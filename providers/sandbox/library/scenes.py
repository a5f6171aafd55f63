"""Scenes of the sandbox's library, and prompts about them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. `subject` and `setting` are also the names of the references of a fusion."""

    name: str
    subject: str
    setting: str
    stills: tuple[str, ...]
    motions: tuple[str, ...]
    continuations: tuple[str, ...]


SCENES: tuple[Scene, ...] = (
    Scene(
        "Harbor",
        "keeper",
        "harbor",
        (
            "a small harbor at the end of a gravel road",
            "fishing boats tied along a stone quay",
            "the keeper on the mole",
        ),
        ("waves roll against the harbor wall", "the keeper turns and smiles", "gulls lift off the quay one by one"),
        (
            "she walks down the stairs to the boats",
            "the fog opens and the ferry comes in",
            "lamps light up along the quay",
        ),
    ),
    Scene(
        "Lighthouse",
        "beacon",
        "cliff",
        (
            "a white lighthouse on a grassy cliff",
            "the lamp room seen from inside, brass and glass",
            "the last step of a spiral stair",
        ),
        (
            "the beam sweeps slowly over the water",
            "grass bends in the wind below the tower",
            "storm clouds pass behind the lamp",
        ),
        (
            "the beam finds a sail far out",
            "dawn comes up behind the tower",
            "the door opens and light falls on the steps",
        ),
    ),
    Scene(
        "Orchard",
        "gardener",
        "orchard",
        ("an old apple orchard in bloom", "a ladder leaning in a pear tree", "baskets of red apples in tall grass"),
        (
            "petals drift across the path",
            "the gardener reaches for the highest branch",
            "sunlight moves through the leaves",
        ),
        ("the petals settle and it is summer", "a cart rolls in between the rows", "evening falls and fireflies rise"),
    ),
    Scene(
        "Night train",
        "conductor",
        "carriage",
        (
            "a night train crossing a viaduct",
            "an empty dining car with green lamps",
            "rain on a carriage window, towns behind it",
        ),
        (
            "lights of a town slide past the window",
            "the conductor walks through the swaying car",
            "steam curls over the platform",
        ),
        ("the train dives into a tunnel", "snow begins to fall outside", "the brakes sigh and the platform appears"),
    ),
    Scene(
        "Paper boats",
        "boat",
        "stream",
        (
            "a paper boat on a rain puddle",
            "a fleet of folded boats in a garden stream",
            "a child's hand setting down a paper boat",
        ),
        (
            "the paper boat spins in the current",
            "raindrops ring around the little fleet",
            "the boat slips under a wooden bridge",
        ),
        ("the stream widens into a quiet lake", "a leaf overtakes the boat", "the boats gather under a willow"),
    ),
    Scene(
        "Lantern market",
        "vendor",
        "market",
        (
            "a street market under paper lanterns",
            "a tea stall with copper kettles",
            "a cat asleep on bolts of blue cloth",
        ),
        ("lanterns sway as people pass", "the vendor pours tea from high above", "steam rises and the crowd drifts by"),
        (
            "the lanterns lift off into the sky",
            "rain starts and umbrellas open",
            "the street empties, one lamp stays on",
        ),
    ),
    Scene(
        "Snow valley",
        "fox",
        "valley",
        ("a valley under fresh snow", "a red fox at the edge of the pines", "a cabin with one lit window"),
        ("the fox trots along the ridge", "snow slides from a branch", "smoke rises straight up from the chimney"),
        ("the fox stops and looks back", "the clouds part over the valley", "northern lights begin to move"),
    ),
    Scene(
        "Balloon field",
        "pilot",
        "meadow",
        (
            "hot air balloons over a misty meadow",
            "a patched balloon basket on the grass",
            "the shadow of a balloon on a wheat field",
        ),
        ("the balloons rise together", "the pilot waves from the basket", "mist flows around the trees below"),
        ("they drift over the river", "the burner roars and the cloth glows", "the landing is soft, cows look up"),
    ),
)

_LIGHTS = (
    "morning light", "storm light", "golden hour", "soft overcast", "blue hour", "light rain", "clear winter air",
    "long shadows", "after the rain", "a little haze", "moonlight", "",
)  # fmt: skip
_CAMERAS = (
    "slow push in", "locked camera", "handheld, close", "wide shot", "gentle pan left", "seen from above",
    "35mm film grain", "watercolor", "shallow focus", "",
)  # fmt: skip
_EDITS = (
    "make the coat red",
    "turn the sky to evening",
    "add falling snow",
    "remove the people",
    "paint it as a storybook page",
)
_RESTYLES = ("ink and wash", "felt and wool puppets", "faded postcard", "stained glass")
_SOUNDS = ("seagulls and wind", "rain on a tin roof", "distant accordion", "a train far away")
_LINES = ("Welcome, you are just in time.", "Mind the last step.", "We leave with the tide.", "Tea is ready.")
_TUNES = ("slow accordion at night", "a music box waltz", "soft guitar, rain outside", "strings for a sunrise")
_TEMPLATES = ("Paper boat", "Two friends", "Storybook cover", "Tiny planet")


def scene_of(look: int) -> Scene:
    """Return the scene of a look (a family's palette number)."""
    return SCENES[look % len(SCENES)]


def still(scene: Scene, random: Random) -> str:
    """Return a prompt for an image."""
    return _dressed(random.choice(scene.stills), random)


def motion(scene: Scene, random: Random) -> str:
    """Return a prompt for a clip."""
    return _dressed(random.choice(scene.motions), random)


def continuation(scene: Scene, random: Random) -> str:
    """Return a prompt for the continuation of a clip."""
    return random.choice(scene.continuations)


def legs(scene: Scene, count: int, random: Random) -> list[str]:
    """Return one prompt per leg of a transition."""
    moments = list(scene.continuations + scene.motions)
    return [random.choice(moments) for _ in range(count)]


def edit(random: Random) -> str:
    """Return an edit instruction for a clip or an image."""
    return random.choice(_EDITS)


def restyle(random: Random) -> str:
    """Return the description of a style."""
    return random.choice(_RESTYLES)


def sound(random: Random) -> str:
    """Return the description of a sound effect."""
    return random.choice(_SOUNDS)


def line(random: Random) -> str:
    """Return a text to speak, for a lip sync."""
    return random.choice(_LINES)


def tune(random: Random) -> str:
    """Return the description of a piece of music."""
    return random.choice(_TUNES)


def templates() -> list[tuple[int, str]]:
    """Return the IDs and names of all template effects."""
    return [(330_600_000_000_001 + number, name) for number, name in enumerate(_TEMPLATES)]


def template(random: Random) -> tuple[int, str]:
    """Return the ID and name of a template effect."""
    return templates()[random.randrange(len(_TEMPLATES))]


def fusion_names(scene: Scene, count: int) -> list[str]:
    """Return names for the references of a fusion, in order."""
    return [scene.subject, scene.setting, "lamp", "cat", "bridge", "cloud", "boat"][:count]


def _dressed(sentence: str, random: Random) -> str:
    extras = [random.choice(_LIGHTS), random.choice(_CAMERAS)]
    return ", ".join([sentence, *filter(None, extras)])
