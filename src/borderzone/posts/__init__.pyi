from .candidate_sites import candidates as candidates
from .sight_of_posts import (
    SightOfPosts as SightOfPosts,
    sight as sight,
)
from .site_rules import (
    PostPlan as PostPlan,
    SiteRules as SiteRules,
)
from .siting import (
    FewestPosts as FewestPosts,
    SitingCurve as SitingCurve,
    fewest_posts as fewest_posts,
    site as site,
)
from .barriers import (
    Barrier as Barrier,
    barrier as barrier,
    flat_line_posts as flat_line_posts,
)
