"""Cameras that are not ours: gst-rtsp-server with x264 and x265, Digest authentication, and faults on request.

    server.py --port 8554 --user viewer --password secret --mount cam-1=ball --mount cam-2=noise

Every mount is H.264, 640x360 (a pattern with `-large`: 1280x720; with `-b`: every other frame is one that no other refers to; with
`-h265`: H.265), 15 frames a second, a key frame each second. A short clip is encoded once at the
start and then sent over and over from memory, so that a fault is exact: `freeze` repeats the very same bits.

Standard input, one command a line, each answered with `ok COMMAND`:
    stall [MOUNT]    send nothing more; the connections stay open
    freeze [MOUNT]   repeat one group of pictures that all show the same, bit by bit, with rising timestamps
    go [MOUNT]       play on
    quit             end
Without MOUNT a command is for all of them. `ready` is printed when the port is open.
"""

import argparse
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

SMALL, LARGE = (640, 360), (1280, 720)
FPS, GOP = 15, 15
CLIP_FRAMES = 8 * GOP
FRAME_NS = Gst.SECOND // FPS
ENCODER = "x264enc speed-preset=ultrafast tune=zerolatency key-int-max=15 bitrate=900 option-string=scenecut=0"
# The order of decoding is that of sending; decoders put the pictures in the order of showing by themselves.
REORDERED = "x264enc speed-preset=ultrafast key-int-max=16 bitrate=900 option-string=scenecut=0:bframes=1:b-adapt=0:b-pyramid=0:rc-lookahead=0:sync-lookahead=0:sliced-threads=1"
ENCODER_265 = "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=15 bitrate=900 option-string=scenecut=0:open-gop=0"
PATTERNS = {"ball": "ball", "noise": "snow", "pinwheel": "pinwheel", "zone": "zone-plate kx2=20 ky2=20 kt=1"}


def encode(pattern, frames, size=SMALL, encoder=ENCODER):
    """Encodes a clip; gives a list of (bytes, is key frame)."""
    codec = "h265" if encoder is ENCODER_265 else "h264"
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern={pattern} num-buffers={frames} ! "
        f"video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={FPS}/1 ! {encoder} ! "
        f"{codec}parse config-interval=-1 ! video/x-{codec},stream-format=byte-stream,alignment=au ! "
        "appsink name=out sync=false max-buffers=0"
    )
    sink = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    while True:
        sample = sink.emit("pull-sample")
        if sample is None:
            break
        buffer = sample.get_buffer()
        units.append((buffer.extract_dup(0, buffer.get_size()), not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)))
    pipeline.set_state(Gst.State.NULL)
    if not units or not units[0][1]:
        raise SystemExit(f"the encoder made no clip of {pattern}")
    return units


class Feed:
    """One viewer's connection to a mount (or several, they share the media)."""

    def __init__(self, source):
        self.source = source
        self.begun = False

    def push(self, data, key):
        if not self.begun:
            if not key:
                return
            self.begun = True
        clock, base = self.source.get_clock(), self.source.get_base_time()
        if clock is None:
            return
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = max(0, clock.get_time() - base)
        buffer.duration = FRAME_NS
        if not key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        self.source.emit("push-buffer", buffer)


class Mount:
    """A camera: its clip, its picture that stands still, and who watches."""

    def __init__(self, clip, still, codec):
        self.clip, self.still, self.codec = clip, still, codec
        self.mode = "go"
        self.at = 0
        self.feeds = []

    def obey(self, mode):
        self.mode = mode
        if mode == "go" or mode == "freeze":
            self.at = 0

    def configure(self, _factory, media):
        source = media.get_element().get_by_name_recurse_up("src")
        feed = Feed(source)
        self.feeds.append(feed)
        media.connect("unprepared", lambda _media: self.feeds.remove(feed) if feed in self.feeds else None)

    def tick(self):
        if self.mode == "stall":
            return
        units = self.still if self.mode == "freeze" else self.clip
        data, key = units[self.at % len(units)]
        self.at += 1
        for feed in list(self.feeds):
            feed.push(data, key)


def factory(mount, permissions):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(
        "( appsrc name=src is-live=true format=time block=false "
        f"caps=video/x-{mount.codec},stream-format=byte-stream,alignment=au ! "
        f"{mount.codec}parse config-interval=-1 ! rtp{mount.codec}pay name=pay0 pt=96 )"
    )
    made.set_shared(True)
    made.set_permissions(permissions)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    made.connect("media-configure", mount.configure)
    return made


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--user", required=True)
    options.add_argument("--password", required=True)
    options.add_argument("--mount", action="append", required=True, metavar="NAME=PATTERN")
    options = options.parse_args()
    Gst.init(None)

    stills, clips, mounts = {}, {}, {}
    for text in options.mount:
        name, pattern = text.split("=", 1)
        if pattern not in clips:
            kind = pattern.removesuffix("-large").removesuffix("-b").removesuffix("-h265")
            size = LARGE if pattern.endswith("-large") else SMALL
            encoder = REORDERED if pattern.endswith("-b") else ENCODER_265 if pattern.endswith("-h265") else ENCODER
            clips[pattern] = encode(PATTERNS[kind], CLIP_FRAMES, size, encoder)
        codec = "h265" if pattern.endswith("-h265") else "h264"
        if codec not in stills:
            stills[codec] = encode("smpte100", GOP, encoder=ENCODER_265 if codec == "h265" else ENCODER)
        mounts[name] = Mount(clips[pattern], stills[codec], codec)

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    auth.add_digest(options.user, options.password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", permission, True)
    table = server.get_mount_points()
    for name, mount in mounts.items():
        table.add_factory(f"/{name}", factory(mount, permissions))
    if server.attach(None) == 0:
        raise SystemExit(f"port {options.port} cannot be opened")

    loop = GLib.MainLoop()

    def tick():
        for mount in mounts.values():
            mount.tick()
        return True

    # Frames leave on a grid of time, whatever a tick costs.
    started = GLib.get_monotonic_time()
    frame = [0]

    def schedule():
        frame[0] += 1
        due = started + frame[0] * 1_000_000 // FPS
        wait_ms = max(0, (due - GLib.get_monotonic_time()) // 1000)
        GLib.timeout_add(wait_ms, run)

    def run():
        tick()
        schedule()
        return False

    def command(line):
        words = line.split()
        if not words:
            return False
        verb, names = words[0], words[1:] or list(mounts)
        if verb == "quit":
            loop.quit()
        elif verb in ("stall", "freeze", "go"):
            for name in names:
                mounts[name].obey(verb)
        else:
            print(f"unknown {line.strip()}", flush=True)
            return False
        print(f"ok {line.strip()}", flush=True)
        return False

    def listen():
        for line in sys.stdin:
            GLib.idle_add(command, line)
        # Whoever started us is gone.
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    schedule()
    print("ready", flush=True)
    loop.run()


main()
