"""The pictures, a file for each, beside what they share.

They are `matplotlib.figure.Figure` objects on an Agg canvas: no window, no global state.
"""
