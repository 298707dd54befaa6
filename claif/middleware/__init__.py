"""The layers that Claif itself puts around a query, one a file."""
