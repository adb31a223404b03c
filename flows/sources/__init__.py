"""Sources of papers: one module a service parses, `recognition` reads files and folders."""
