from .adjacency import (
    queen_neighbours as queen_neighbours,
    segment_neighbours as segment_neighbours,
)
from .density import (
    density as density,
    density_along as density_along,
)
from .discovery import adjusted_p as adjusted_p
from .kernels import (
    kernel_line as kernel_line,
    kernel_plane as kernel_plane,
)
from .local_g import (
    gi_star as gi_star,
    gi_star_z as gi_star_z,
)
from .near_repeat import (
    knox as knox,
    knox_ratio as knox_ratio,
)
from .place import (
    Placed as Placed,
    place as place,
)
from .ripley import (
    k_csr as k_csr,
    l_of_k as l_of_k,
    ripley_k as ripley_k,
)
from .ripley_along import ripley_k_along as ripley_k_along
from .scan import (
    poisson_llr as poisson_llr,
    scan as scan,
    scan_discs as scan_discs,
    scan_space_time as scan_space_time,
)
from .words import sentence as sentence
