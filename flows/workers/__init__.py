"""Work in other processes and on Dask clusters, its progress and its memory."""
