"""What a study is: the configuration, its sections and units, and what follows from them."""
