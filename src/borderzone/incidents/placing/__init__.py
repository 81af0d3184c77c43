"""Where events may have been: precision, draws of positions, zones, segments and ground."""
