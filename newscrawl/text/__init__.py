"""Pure text functions: cleaning, comparison, dates, languages, HTML, URLs, signatures."""
