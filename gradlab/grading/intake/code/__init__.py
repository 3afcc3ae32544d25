"""Code read as text: what a notebook defines, and what an answer needs of it."""
