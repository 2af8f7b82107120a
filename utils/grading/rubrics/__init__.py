"""What is asked of a submission: the rubrics that come with the grader, and how one is read."""
