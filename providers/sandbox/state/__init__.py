"""State that requests change: account, jobs, fault switches."""
