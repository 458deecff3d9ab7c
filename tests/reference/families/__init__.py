class NotComputable(Exception):
    """Why a record cannot be computed."""
