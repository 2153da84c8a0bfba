"""The owner's commands, one file a group; `wsgi.COMMANDS` names them."""
