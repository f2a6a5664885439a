"""A BitTorrent client on libtorrent, until SIGTERM: libtorrent_client.py ADDRESS:PORT TORRENT FOLDER seed|leech plain|encrypted.

A leech asks for nothing that it has not got, so it stays as incomplete as it is.
"""

import signal
import sys

import libtorrent

place, torrent, folder, role, encryption = sys.argv[1:]
session = libtorrent.session(
    {
        "listen_interfaces": place,
        "outgoing_interfaces": place.partition(":")[0],
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_incoming_utp": False,
        "enable_outgoing_utp": False,
        "in_enc_policy": 0 if encryption == "encrypted" else 1,  # forced, enabled
        "out_enc_policy": 0 if encryption == "encrypted" else 1,
        "allowed_enc_level": 2 if encryption == "encrypted" else 3,  # RC4, both
    }
)
parameters = {"ti": libtorrent.torrent_info(torrent), "save_path": folder}
handle = session.add_torrent(parameters)
if role == "leech":
    handle.prioritize_pieces([0] * parameters["ti"].num_pieces())
signal.sigwait({signal.SIGTERM, signal.SIGINT})
