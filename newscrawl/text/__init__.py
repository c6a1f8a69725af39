"""Text primitives: cleaning, comparing, dates, language, HTML, URLs and signatures; pure."""
