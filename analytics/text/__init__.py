"""Words of texts as numbers: tokens, counts of terms, weights of terms."""
