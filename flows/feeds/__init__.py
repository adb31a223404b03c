"""Feeds of papers over the network: names, windows of days, one guarded client, one module a service.

Everything but `guard`, `pace`, `fetch` and `network` is pure. A service is two functions: which
request comes first, and what a page holds and which request follows it. What can go wrong with a
connection or a body is dealt with once, in `guard`; retries are Prefect's, once, in `network`.
"""
