"""Files that are whole or not there, who made them, and who may write."""
