"""For people: tables, pictures, mathematics, the bibliography of a run, and one page that holds them all."""
