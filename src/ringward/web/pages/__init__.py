"""The pages, one file for each subject. Each function is a page: it gets a visit and returns the answer."""
