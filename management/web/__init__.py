"""What every dialect's routes are made of: who is let in, how bodies are read, how errors become answers."""
