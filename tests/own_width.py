"""A sensor of which only a sweep width is known: it sees, and recognises nobody."""

from borderzone.patrol import Sensor

OWN_WIDTH = Sensor(
    name="own",
    r50_day_m=None,
    r50_night_m=None,
    width_km=0.4,
    clip_km=5.0,
    source="ours",
    tag="A",
)
