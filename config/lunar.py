"""The day of the lunar month (农历初几), for market days that go by it. Pure.

1. A lunar month begins on the day on which the new moon falls by the clock of 120° east (GB/T 33661-2017), wherever the
   hall's own clock stands.
2. The new moon is the mean one and its periodic terms (Meeus, Astronomical Algorithms, chapter 49), good to about twenty
   seconds; months and leap months of a year are not needed and not known here.
3. Dates from 2000 to 2100; others have no lunar day.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from math import floor, radians, sin

YEARS = range(2000, 2101)
EAST = timedelta(hours=8)
EPOCH = datetime(2000, 1, 1, 12)  # Julian day 2451545.0
MEAN_MONTH = 29.530588861  # days
MONTHS_A_CENTURY = 1236.85
DATES_KEPT = 2048

# Days, the power of the eccentricity, and how often the anomaly of the sun and of the moon, the moon's latitude and its node.
TERMS = (
    (-0.40720, 0, 0, 1, 0, 0), (0.17241, 1, 1, 0, 0, 0), (0.01608, 0, 0, 2, 0, 0), (0.01039, 0, 0, 0, 2, 0),
    (0.00739, 1, -1, 1, 0, 0), (-0.00514, 1, 1, 1, 0, 0), (0.00208, 2, 2, 0, 0, 0), (-0.00111, 0, 0, 1, -2, 0),
    (-0.00057, 0, 0, 1, 2, 0), (0.00056, 1, 1, 2, 0, 0), (-0.00042, 0, 0, 3, 0, 0), (0.00042, 1, 1, 0, 2, 0),
    (0.00038, 1, 1, 0, -2, 0), (-0.00024, 1, -1, 2, 0, 0), (-0.00017, 0, 0, 0, 0, 1), (-0.00007, 0, 2, 1, 0, 0),
    (0.00004, 0, 0, 2, -2, 0), (0.00004, 0, 3, 0, 0, 0), (0.00003, 0, 1, 1, -2, 0), (0.00003, 0, 0, 2, 2, 0),
    (-0.00003, 0, 1, 1, 2, 0), (0.00003, 0, -1, 1, 2, 0), (-0.00002, 0, -1, 1, -2, 0), (-0.00002, 0, 1, 3, 0, 0),
    (0.00002, 0, 0, 4, 0, 0),
)  # fmt: skip
# Of the planets: millionths of a day, and the angle in degrees at the epoch and a month.
PLANETS = (
    (325, 299.77, 0.107408), (165, 251.88, 0.016321), (164, 251.83, 26.651886), (126, 349.42, 36.412478),
    (110, 84.66, 18.206239), (62, 141.74, 53.303771), (60, 207.14, 2.453732), (56, 154.84, 7.306860),
    (47, 34.52, 27.261239), (42, 207.19, 0.121824), (40, 291.34, 1.844379), (37, 161.72, 24.198154),
    (35, 239.56, 25.513099), (23, 331.55, 3.592518),
)  # fmt: skip


@lru_cache(DATES_KEPT)
def lunar_day(day: date) -> int:
    """Return the day of the lunar month, 1 to 30; 0 for a date of another time."""
    if day.year not in YEARS:
        return 0
    nth = floor((datetime(day.year, day.month, day.day) - EPOCH).days / MEAN_MONTH) + 1
    while (first := _month_begins(nth)) > day:
        nth -= 1
    return (day - first).days + 1


@lru_cache(DATES_KEPT)
def _month_begins(nth: int) -> date:
    """Return the first day of the nth lunar month after the one of January 2000."""
    century = nth / MONTHS_A_CENTURY
    sun = 2.5534 + 29.10535670 * nth - 0.0000014 * century**2
    moon = 201.5643 + 385.81693528 * nth + 0.0107582 * century**2 + 0.00001238 * century**3
    latitude = 160.7108 + 390.67050284 * nth - 0.0016118 * century**2 - 0.00000227 * century**3
    node = 124.7746 - 1.56375588 * nth + 0.0020672 * century**2
    eccentricity = 1 - 0.002516 * century - 0.0000074 * century**2
    days = 5.09766 + MEAN_MONTH * nth + 0.00015437 * century**2 - 0.000000150 * century**3
    for size, power, of_sun, of_moon, of_latitude, of_node in TERMS:
        angle = of_sun * sun + of_moon * moon + of_latitude * latitude + of_node * node
        days += size * eccentricity**power * sin(radians(angle))
    days += sum(size * sin(radians(start + speed * nth)) for size, start, speed in PLANETS) / 1_000_000
    years = days / 365.25
    slow = 62.9 + 0.32217 * years + 0.005589 * years**2  # seconds by which the earth's turning lags behind
    return (EPOCH + timedelta(days=days, seconds=-slow) + EAST).date()
