"""Write edges, and refuse cycles; nothing else writes them."""
