# A camera of gst-rtsp-server that plays a file with H.264 and AAC, on any free port of loopback.
# usage: /usr/bin/python3 rtsp-server.py FILE.mp4 none|digest tcp|udp|any [aac|pcmu|pcma|opus]
# Prints its port. User "user", password "pass word".
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstRtsp', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

path, auth_kind, transport = sys.argv[1:4]
decode = 'avdec_aac ! audioconvert ! audioresample'
sounds = {
    'aac': 'rtpmp4gpay',
    'pcmu': f'{decode} ! mulawenc ! rtppcmupay',
    'pcma': f'{decode} ! alawenc ! rtppcmapay',
    'opus': f'{decode} ! opusenc ! rtpopuspay',
}
sound = sounds[(sys.argv[4:] or ['aac'])[0]]
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_service('0')
server.set_address('127.0.0.1')
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f'( filesrc location={path} ! qtdemux name=d'
    ' d.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1'
    f' d.audio_0 ! queue ! aacparse ! {sound} name=pay1 pt=97 )'
)
factory.set_shared(True)
lower = GstRtsp.RTSPLowerTrans
if transport != 'any':
    factory.set_protocols(lower.TCP if transport == 'tcp' else lower.UDP)
if auth_kind == 'digest':
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, 'user')
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest('user', 'pass word', token)
    server.set_auth(auth)
    role = Gst.Structure.new_from_string(
        'user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true'
    )
    factory.add_role_from_structure(role[0] if isinstance(role, tuple) else role)
server.get_mount_points().add_factory('/cam', factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
