"""Errors whose message is written for the user."""


class UserError(Exception):
    """Something that the user can fix; the message is one sentence: what is wrong, where, and what to do."""
