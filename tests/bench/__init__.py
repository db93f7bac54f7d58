"""`make bench`: what a lookup costs, side by side with other ways to answer it, in one run."""
