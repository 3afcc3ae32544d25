"""The book: the lessons with their outputs, the pages in docs/ and the API as a website."""
