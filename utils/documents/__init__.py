"""The tables and pictures of README.md and docs/, each made from records; `utils.make.readme` puts them there."""
