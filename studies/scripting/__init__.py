"""Ebb in a script or a notebook: `studies.run`, `studies.read`, and what they return."""
