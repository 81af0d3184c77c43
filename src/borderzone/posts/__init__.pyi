from .candidate_sites import candidates as candidates
from .sight_of_posts import (
    SightOfPosts as SightOfPosts,
    sight as sight,
)
