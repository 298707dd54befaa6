"""What queries cost: prices, and budgets that are not overrun; pure, but for the data set of prices."""
