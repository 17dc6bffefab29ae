"""The page of a study: what stands on it, how it is drawn, and how two stores compare."""
