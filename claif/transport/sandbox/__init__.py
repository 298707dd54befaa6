"""The sandbox: what confines a child process on this machine, and what it may reach."""
