"""Pure analysis: tables and arrays in, tables and arrays out; no file, network, plot or clock."""
