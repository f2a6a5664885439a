"""Which outcome a peer may have when a call has failed: a fault of this machine is nobody's."""

from faulty_program import Failure, TooSlow

# An error that speaks of the peer, if it comes from a call on its socket.
WORDS = {
    "ECONNREFUSED": "refused",
    "ETIMEDOUT": "timed out",
    "ECONNRESET": "reset",
    "EPIPE": "reset",
    "EHOSTUNREACH": "unreachable",
    "EACCES": "denied",
    "EPERM": "denied",
}
CALLS_ON_SOCKETS = ("connect", "recv", "send", "read", "write", "readv", "writev", "recvmsg", "sendmsg", "socket")
TOO_LATE = ("timed out", "choked")
SHORTAGES = ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")


def words_of(fault):
    """That the one peer whose call failed may have in place of its own."""
    if fault is None or (fault.call == "socket" and fault.error in SHORTAGES and not fault.lasts):
        return ()  # what is missing for a moment is waited for
    if fault.call in CALLS_ON_SOCKETS and fault.error in WORDS:
        return ("local fault", WORDS[fault.error])
    return ("local fault",)


def failure_of(words):
    """Fitting for these: a peer may have come too late because the machine was slow."""
    return TooSlow if any(word in TOO_LATE for word in words) else Failure


def judge(found, expected, fault, is_partial):
    """`found` and `expected` map peers to words. One peer at most is hit, if it was a call for one peer."""
    hit = {peer: word for peer, word in found.items() if word != expected.get(peer)}
    for peer, word in hit.items():
        if peer not in expected:
            raise Failure(f"{peer} was never given")
        if word not in words_of(fault) and not (is_partial and word == "not done"):
            raise failure_of([word])(f"{peer} is {word}, not {expected[peer]}")
    if not is_partial and sum(word != "local fault" for word in hit.values()) > 1:
        raise failure_of(hit.values())(f"more than one peer bears the one fault: {hit}")
