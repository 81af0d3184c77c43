"""What watches the ground, the way across that is watched least, and a defender who answers it."""
