"""The two colours of every figure that follow light and dark: those of text and of lines."""

INK = "#22303c"
GRID = "#d5dbe1"
