"""The panel of a report: what more units, other eyes and other rules see, on a map, a strip and a curve."""
