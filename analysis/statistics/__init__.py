"""What values say, wherever they come from: intervals, tests, effects, power, comparisons."""
