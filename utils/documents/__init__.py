"""The tables and pictures of README.md and docs/, each made from records; `utils.make_readme` puts them there."""
