"""Laboratory for tests and demos: network namespaces, the gateway in one of them, real RTP and SRTP clients in others.

Python's standard library only. Everything that is made here (namespaces, processes, files, keys) is taken down by
leaving the `Lab` that made it, however that happens.
"""
