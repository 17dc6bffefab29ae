"""How runs happen: the plan, the processes that train, a cluster's workers, the progress."""
