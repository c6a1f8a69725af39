"""Demo network: invented articles in the real markup, with the real faults and known ground truth.

Serves as demo, end-to-end test bed and load generator. ``network.build`` creates it,
``proxy.DemoProxy`` serves it under the real URLs, ``score`` compares a feed with the ground truth.
"""
