"""An RTSP camera: usage rtsp-camera.py FILE.mp4 PORT [h264|h265]

Serves the video and the AAC of a file, over TCP and UDP, at /camera to user "porch" with the password
"se/cret" (Digest). Says "ready" when it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

path, port, codec = sys.argv[1], sys.argv[2], (sys.argv[3:] or ["h264"])[0]
Gst.init(None)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)

token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "user")
auth = GstRtspServer.RTSPAuth()
auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
auth.add_digest("porch", "se/cret", token)
server.set_auth(auth)

factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    f"( filesrc location={path} ! qtdemux name=demux "
    f"demux.video_0 ! queue ! {codec}parse ! rtp{codec}pay name=pay0 pt=96 config-interval=-1 "
    "demux.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)
access = "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
role = Gst.Structure.new_from_string(access)
factory.add_role_from_structure(role[0] if isinstance(role, tuple) else role)
server.get_mount_points().add_factory("/camera", factory)

server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
