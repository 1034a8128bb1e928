"""`prove serve`: an HTTP API with jobs, a page that shows a search grow, and what Lean-side clients speak."""
