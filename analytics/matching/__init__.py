"""Which records show one work: a scored decision over titles, authors, years, abstracts and DOIs."""
