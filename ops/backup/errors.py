"""Why there is no backup, or nothing was restored: one line for who runs the command."""


class CannotBackUp(Exception):
    """No backup was made; nothing but an unfinished folder is left."""


class CannotRestore(Exception):
    """Nothing was restored: the database is as it was, unless the message says what it is."""
