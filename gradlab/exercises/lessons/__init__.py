"""What each lesson asks, in a folder of its own."""
