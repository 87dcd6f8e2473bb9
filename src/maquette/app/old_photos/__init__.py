"""Photo rows of older systems become projects: read from a table or a database dump, which is never executed."""
