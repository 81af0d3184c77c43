"""From ground and force to units: rates, allocation, curve, and all of it with assumptions drawn."""
