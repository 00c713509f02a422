"""One idiom for every file of rows: template, parse, check, preview, commit, fix-file."""
