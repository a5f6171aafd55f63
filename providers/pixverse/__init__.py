"""Provider Pixverse, through its account API."""
