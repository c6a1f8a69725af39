"""A miniature of the network: invented articles, the real markup and troubles, and their truth.

It is the demo, the end-to-end test bed and the load generator. ``network.build`` makes it,
``proxy.DemoProxy`` serves it at its real URLs, ``score`` compares a feed with its truth.
"""
