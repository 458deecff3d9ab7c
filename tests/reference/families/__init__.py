"""The records of `physics_values.json`, family by family, as specs that the public interface computes."""


class NotComputable(Exception):
    """A record that cannot be computed from a spec, and why."""
