"""What the worker's queue is made of: where it is kept, how a job is written, and the jobs themselves."""
