"""What is derived from the raw values of a load: each takes the values of one run."""

BUSY = 0.95  # of a core: from there on it is what limits


def cpu_us(values):
    """Of the server's processor time, for a message or a cycle."""
    done = values.get("messages") or values.get("cycles")
    return values["server_cpu_s"] / done * 1e6 if done else None


def server_share(values):
    return values["server_cpu_s"] / values["seconds"]


def load_share(values):
    return values["load_cpu_s"] / values["seconds"]


def limited_by_load(values):
    """Says nothing of how much more the server could have done."""
    return load_share(values) >= BUSY > server_share(values)


def answered_share(values):
    return values["answered"] / values["connections"]


def unseen(values):
    """What connections take is then lost in what the server took before."""
    return values["user_bytes_per_connection"] <= 0


def has_failed(record):
    """Also where only a few of its connections have."""
    return "failure" in record or bool(record["values"].get("failed") or record["values"].get("wrong"))
