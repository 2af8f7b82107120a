"""The error that a user is meant to read."""


class UserError(Exception):
    """Something that the user can mend: one sentence that says what is wrong, where, and what to do."""
