"""Second programs of what the library computes, by those who have not read it, and tables of others."""
