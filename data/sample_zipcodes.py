"""The real background of the synthetic sample: 70 zipcodes of King County, Washington.

Only the zipcodes, their rough centres (degrees, two decimals) and their rough price levels of
2014-2015 (USD per square foot, to the nearest 10) are facts. Everything else here and in
`make_sample.py` - homes, prices, demographics - is invented.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """One zipcode: centre in degrees, price level in USD per square foot."""

    zipcode: str
    lat: float
    long: float
    usd_per_sqft: int

    @property
    def is_rural(self) -> bool:
        """Whether lots are large here: the eastern foothills and Vashon Island."""
        return self.long > -122.05 or self.long < -122.42

    @property
    def is_city(self) -> bool:
        """Whether this is roughly Seattle: smaller lots, older and narrower homes."""
        return not self.is_rural and self.lat > 47.52 and self.long < -122.27


AREAS: tuple[Area, ...] = (
    Area("98001", 47.32, -122.27, 150),
    Area("98002", 47.31, -122.22, 150),
    Area("98003", 47.33, -122.31, 150),
    Area("98004", 47.62, -122.20, 460),
    Area("98005", 47.60, -122.17, 320),
    Area("98006", 47.56, -122.15, 290),
    Area("98007", 47.61, -122.14, 290),
    Area("98008", 47.62, -122.12, 290),
    Area("98010", 47.34, -122.00, 190),
    Area("98011", 47.76, -122.20, 220),
    Area("98014", 47.67, -121.91, 210),
    Area("98019", 47.74, -121.97, 200),
    Area("98022", 47.21, -122.00, 170),
    Area("98023", 47.31, -122.36, 140),
    Area("98024", 47.56, -121.90, 240),
    Area("98027", 47.53, -122.05, 250),
    Area("98028", 47.76, -122.24, 220),
    Area("98029", 47.56, -122.00, 270),
    Area("98030", 47.37, -122.19, 150),
    Area("98031", 47.40, -122.19, 160),
    Area("98032", 47.37, -122.28, 150),
    Area("98033", 47.68, -122.19, 320),
    Area("98034", 47.72, -122.21, 260),
    Area("98038", 47.36, -122.03, 170),
    Area("98039", 47.62, -122.24, 570),
    Area("98040", 47.56, -122.22, 380),
    Area("98042", 47.37, -122.11, 160),
    Area("98045", 47.48, -121.77, 210),
    Area("98052", 47.68, -122.12, 270),
    Area("98053", 47.68, -122.03, 270),
    Area("98055", 47.46, -122.20, 170),
    Area("98056", 47.51, -122.18, 200),
    Area("98058", 47.45, -122.15, 170),
    Area("98059", 47.49, -122.15, 200),
    Area("98065", 47.53, -121.87, 210),
    Area("98070", 47.41, -122.46, 250),
    Area("98072", 47.75, -122.13, 240),
    Area("98074", 47.63, -122.05, 260),
    Area("98075", 47.59, -122.02, 250),
    Area("98077", 47.75, -122.07, 240),
    Area("98092", 47.31, -122.18, 150),
    Area("98102", 47.64, -122.32, 410),
    Area("98103", 47.68, -122.35, 360),
    Area("98105", 47.67, -122.29, 390),
    Area("98106", 47.53, -122.36, 220),
    Area("98107", 47.67, -122.37, 370),
    Area("98108", 47.55, -122.30, 210),
    Area("98109", 47.64, -122.35, 430),
    Area("98112", 47.63, -122.30, 420),
    Area("98115", 47.68, -122.30, 340),
    Area("98116", 47.57, -122.39, 340),
    Area("98117", 47.69, -122.38, 340),
    Area("98118", 47.55, -122.28, 240),
    Area("98119", 47.64, -122.37, 420),
    Area("98122", 47.61, -122.30, 360),
    Area("98125", 47.72, -122.30, 260),
    Area("98126", 47.54, -122.38, 270),
    Area("98133", 47.73, -122.34, 250),
    Area("98136", 47.54, -122.39, 320),
    Area("98144", 47.59, -122.30, 300),
    Area("98146", 47.50, -122.36, 200),
    Area("98148", 47.43, -122.33, 180),
    Area("98155", 47.75, -122.31, 230),
    Area("98166", 47.46, -122.35, 210),
    Area("98168", 47.49, -122.31, 160),
    Area("98177", 47.75, -122.37, 270),
    Area("98178", 47.50, -122.25, 180),
    Area("98188", 47.45, -122.28, 160),
    Area("98198", 47.39, -122.32, 170),
    Area("98199", 47.65, -122.40, 350),
)

# Invented: the stems of the count and percentage columns, the count in a typical zipcode, and
# how steeply it rises with the price level.
EDUCATION: tuple[tuple[str, str, int, float], ...] = (
    ("less_than_9", "less_than_9", 600, -1.0),
    ("9_12", "9_to_12", 1450, -1.0),
    ("high_schl", "hsd", 3900, -0.6),
    ("some_clg", "some_clg", 5000, -0.15),
    ("assoc_dgre", "assoc", 1480, -0.2),
    ("bchlr_dgre", "bchlr", 5000, 0.5),
    ("prfsnl", "prfsnl", 2350, 0.8),
)
