"""Shell completion: answers shells, and puts their scripts where they look for them."""
