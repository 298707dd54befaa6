"""Files from the package index that pip uses: found, fetched once for all processes, checked, put in place."""
