"""Where state lives: SQLAlchemy Core over SQLite (by default) or Postgres, chosen by the URL alone."""
