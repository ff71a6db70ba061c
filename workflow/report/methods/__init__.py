"""The methods text and its references."""
