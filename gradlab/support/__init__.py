"""What every room may use: arguments, files, progress, drawing, errors, types."""
