"""Present records: terminal tables, Markdown, a plot, and the comparison of two records."""
