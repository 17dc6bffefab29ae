"""How it is learned: a rule of learning beside plain training."""
