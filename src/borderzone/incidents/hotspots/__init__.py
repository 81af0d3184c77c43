"""Hot spots of events: where and when there are more than chance, and positions, allow for."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.incidents.hotspots.adjacency import queen_neighbours, segment_neighbours
from borderzone.incidents.hotspots.density import density, density_along
from borderzone.incidents.hotspots.discovery import adjusted_p
from borderzone.incidents.hotspots.kernels import kernel_line, kernel_plane
from borderzone.incidents.hotspots.local_g import gi_star, gi_star_z
from borderzone.incidents.hotspots.near_repeat import knox, knox_ratio
from borderzone.incidents.hotspots.place import Placed, place
from borderzone.incidents.hotspots.ripley import k_csr, l_of_k, ripley_k
from borderzone.incidents.hotspots.ripley_along import ripley_k_along
from borderzone.incidents.hotspots.scan import poisson_llr, scan, scan_discs, scan_space_time
from borderzone.incidents.hotspots.words import sentence

__all__ = [
    "Placed",
    "adjusted_p",
    "density",
    "density_along",
    "gi_star",
    "gi_star_z",
    "k_csr",
    "kernel_line",
    "kernel_plane",
    "knox",
    "knox_ratio",
    "l_of_k",
    "place",
    "poisson_llr",
    "queen_neighbours",
    "ripley_k",
    "ripley_k_along",
    "scan",
    "scan_discs",
    "scan_space_time",
    "segment_neighbours",
    "sentence",
]

guard_room(globals(), __all__)
