"""The broker: owns warm processes between commands, and lends each to one client at a time."""
