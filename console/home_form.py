"""How the facts of a home are asked for: words, units and the control that suits each.

Names, ranges and defaults are the predictor's own (`Predictor.fields`). A fact that has no control
here is asked for as a plain number, so that a form never lacks one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from learning.fields import Field
from predictions import catalog

Kind = Literal[
    "slider", "stepper", "words", "check", "year", "zipcode", "position", "day", "number"
]
Words = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Control:
    """`low` and `high` are the ends of the slider: what is usual, not all that is accepted."""

    label: str
    kind: Kind = "number"
    unit: str = ""
    hint: str = ""
    low: float = 0
    high: float = 0
    step: float = 1
    is_logarithmic: bool = False
    is_wide: bool = False
    words: Words = ()


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    controls: dict[str, Control] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact and its control, as the template shows them."""

    fact: Field
    control: Control

    @property
    def value(self) -> Any:
        """What stands there at first."""
        example = "" if self.fact.optional else self.fact.example
        return int(example) if isinstance(example, float) and example.is_integer() else example


@dataclass(frozen=True, slots=True)
class AskedGroup:
    title: str
    note: str
    asked: Sequence[Asked]


# King County's words for them (kingcounty.gov: residential glossary of terms), shortened.
VIEWS: Words = ((0, "None"), (1, "Fair"), (2, "Average"), (3, "Good"), (4, "Excellent"))
CONDITIONS: Words = ((1, "Poor"), (2, "Fair"), (3, "Average"), (4, "Good"), (5, "Very good"))
GRADES: Words = (
    (1, "Cabin"),
    (2, "Substandard"),
    (3, "Below minimum standards"),
    (4, "Older, low quality"),
    (5, "Simple, low cost"),
    (6, "Lowest that meets code"),
    (7, "Average"),
    (8, "Just above average"),
    (9, "Better design"),
    (10, "High quality"),
    (11, "Custom design"),
    (12, "Custom, excellent builder"),
    (13, "Mansion"),
)

GROUPS = (
    Group(
        "Location",
        {
            "zipcode": Control("Zipcode", "zipcode"),
            "lat": Control("Latitude", "position", step=0.0001),
            "long": Control("Longitude", "position", step=0.0001),
        },
    ),
    Group(
        "Size",
        {
            "bedrooms": Control("Bedrooms", "stepper"),
            "bathrooms": Control("Bathrooms", "stepper", step=0.25),
            "floors": Control("Floors", "stepper", step=0.5),
            "sqft_living": Control(
                "Living area", "slider", "sq ft", low=400, high=8000, step=10, is_wide=True
            ),
            "sqft_above": Control("Above ground", "slider", "sq ft", low=0, high=8000, step=10),
            "sqft_basement": Control("Basement", "slider", "sq ft", low=0, high=3000, step=10),
        },
        note="Half a bathroom has no shower. Living area is above ground plus basement: "
        "change one, and the others follow.",
    ),
    Group(
        "Quality",
        {
            "grade": Control("Building grade", "slider", low=1, high=13, words=GRADES),
            "condition": Control("Condition", "words", words=CONDITIONS),
            "view": Control("View", "words", words=VIEWS),
            "waterfront": Control("On the waterfront", "check"),
        },
    ),
    Group(
        "Lot and surroundings",
        {
            "sqft_lot": Control(
                "Lot",
                "slider",
                "sq ft",
                low=500,
                high=500_000,
                step=10,
                is_logarithmic=True,
                is_wide=True,
            ),
            "sqft_living15": Control(
                "Living area around", "slider", "sq ft", low=400, high=6500, step=10
            ),
            "sqft_lot15": Control(
                "Lots around",
                "slider",
                "sq ft",
                low=500,
                high=500_000,
                step=10,
                is_logarithmic=True,
            ),
        },
        note="Around: of the nearest 15 homes; what is usual in the zipcode, unless you set it.",
    ),
    Group(
        "Age",
        {
            "yr_built": Control("Year built", "slider", low=1900, high=2015),
            "yr_renovated": Control("Renovated", "year"),
            "valuation_date": Control(
                "Value on", "day", hint="left empty: the last day that the model knows"
            ),
        },
    ),
)


def home_form() -> list[AskedGroup]:
    """Each fact that a home is valued by, once, in the order in which people think of them."""
    facts = {fact.name: fact for fact in catalog.get("homes").fields()}
    shown = [
        AskedGroup(
            group.title,
            group.note,
            [
                Asked(facts.pop(name), control)
                for name, control in group.controls.items()
                if name in facts
            ],
        )
        for group in GROUPS
    ]
    if facts:
        others = [Asked(fact, Control(fact.description)) for fact in facts.values()]
        shown.append(AskedGroup("More", "", others))
    return shown
