"""Demo network: invented sites in the real markup, with real faults and known ground truth.

Serves as demo, end-to-end test bed and load generator. ``network.build`` creates it,
``proxy.DemoProxy`` serves it under the real URLs, ``score`` compares a feed with the ground truth.
"""
