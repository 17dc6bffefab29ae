"""The figures, a file for each, beside what they have in common.

They are `matplotlib.figure.Figure` objects on an Agg canvas: no window, no global state.
"""
