"""From what was handed in to answers as text. Nothing is executed here."""
