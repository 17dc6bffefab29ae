"""Runs that something else trained: recorded from any loop, from Keras' `fit`, or from files."""
