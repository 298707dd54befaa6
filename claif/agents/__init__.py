"""What providers that drive an agent's command line have in common."""
