"""Pure functions: search, barriers, posts on a line, imaging, response, staffing."""
