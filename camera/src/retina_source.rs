//! RTSP cameras by retina: TCP interleaved only, H.264 and H.265, Basic and Digest.
//!
//! retina connects and describes in one call. To give each its own deadline, a describe that takes longer
//! than most of the connect deadline is helped by a probe: if a second TCP connection stands at once, the
//! camera is there and only slow; if not, it is the connection that does not come about. A camera that
//! answers in time never sees the probe.
//!
//! retina's own log lines come through `log`; at `debug` they hold addresses, so they belong to `warn`.

mod failure;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use pantau_schemas::stream::StreamCause;
use retina::client::{
    Demuxed, Described, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions,
    TcpTransportOptions, Transport, UnknownRtcpSsrcPolicy,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParametersCodec};
use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::Instant;

use self::failure::Secrets;
use crate::config::Credentials;
use crate::frame::StreamParameters;
use crate::scrub::scrub;
use crate::source::{
    CameraSession, CameraSource, Item, OpenRequest, Phase, Progress, SenderReport, SourceError, SourceFrame,
};

/// Cameras that speak RTSP.
#[derive(Debug, Clone, Copy, Default)]
pub struct RetinaSource;

/// Sessions of one stream that the camera may still hold.
#[derive(Default)]
pub struct RetinaMemory(Arc<SessionGroup>);

/// A playing RTSP session.
pub struct RetinaSession {
    demuxed: Demuxed,
    stream: usize,
    clock_rate: u32,
    told_parameters: bool,
    held: Option<SourceFrame>,
    secrets: Secrets,
}

/// How long a fresh TEARDOWN may take before the next session is opened beside it.
const SETTLE: Duration = Duration::from_millis(1_500);
/// Sessions that could not be torn down beside which no other is opened: many cameras serve no more than four.
const STALE: usize = 3;
/// When to look whether a slow camera is there at all, and how long to look; together less than the
/// connect deadline.
const PROBE_AFTER: Duration = Duration::from_millis(2_500);
const PROBE: Duration = Duration::from_millis(400);

impl CameraSource for RetinaSource {
    type Session = RetinaSession;
    type Memory = RetinaMemory;

    async fn open(
        &self,
        request: OpenRequest,
        memory: Arc<RetinaMemory>,
    ) -> Result<RetinaSession, SourceError> {
        let OpenRequest { url, credentials, progress } = request;
        let secrets = Secrets::new(credentials.as_ref(), url.expose());
        let failed = |error: retina::Error| secrets.classify(&error);
        memory.settle().await?;

        progress.enter(Phase::Connect);
        let options = SessionOptions::default()
            .creds(credentials.as_ref().map(exposed))
            .user_agent(concat!("Pantau/", env!("CARGO_PKG_VERSION")).to_owned())
            .session_group(Arc::clone(&memory.0));
        let mut session = describe(url.expose(), options, &progress).await.map_err(failed)?;

        progress.enter(Phase::Setup);
        let (stream, clock_rate) = choose(&session)?;
        let transport = Transport::Tcp(TcpTransportOptions::default());
        let setup = SetupOptions::default().transport(transport).frame_format(FrameFormat::MP4);
        session.setup(stream, setup).await.map_err(failed)?;

        progress.enter(Phase::Play);
        // Some cameras send reports of other streams on this one's channel; they are not worth a session.
        let play = PlayOptions::default().unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::DropPackets);
        let demuxed = session.play(play).await.map_err(failed)?.demuxed().map_err(failed)?;
        Ok(RetinaSession { demuxed, stream, clock_rate, told_parameters: false, held: None, secrets })
    }
}

/// DESCRIBE, and the probe that tells a slow camera from an absent one.
async fn describe(
    url: &url::Url,
    options: SessionOptions,
    progress: &Progress,
) -> Result<Session<Described>, retina::Error> {
    let describe = Session::describe(url.clone(), options);
    let probe = async {
        tokio::time::sleep(PROBE_AFTER).await;
        let port = url.port().unwrap_or(554);
        let connect = async {
            match url.host()? {
                url::Host::Domain(host) => TcpStream::connect((host, port)).await.ok(),
                url::Host::Ipv4(host) => TcpStream::connect((host, port)).await.ok(),
                url::Host::Ipv6(host) => TcpStream::connect((host, port)).await.ok(),
            }
        };
        if matches!(tokio::time::timeout(PROBE, connect).await, Ok(Some(_))) {
            progress.enter(Phase::Describe);
        }
    };
    tokio::pin!(describe);
    tokio::select! {
        biased;
        session = &mut describe => return session,
        () = probe => {}
    }
    describe.await
}

/// The stream to carry, and its clock rate.
fn choose(session: &Session<Described>) -> Result<(usize, u32), SourceError> {
    let mut others = Vec::new();
    for (index, stream) in session.streams().iter().enumerate() {
        match (stream.media(), stream.encoding_name()) {
            ("video", "h264" | "h265") => return Ok((index, stream.clock_rate_hz())),
            (media, encoding) => others.push(format!("{media}/{encoding}")),
        }
    }
    let offered = scrub(&others.join(", "), &[]);
    Err(SourceError::new(StreamCause::UnsupportedCodec, format!("the camera offers {offered}")))
}

impl RetinaMemory {
    /// Lets the stream's old sessions end.
    async fn settle(&self) -> Result<(), SourceError> {
        // How a TEARDOWN ends is retina's to log; here it only matters that it was tried.
        drop(tokio::time::timeout(SETTLE, self.0.await_teardown()).await);
        let stale = self.0.stale_sessions().num_sessions;
        if stale > STALE {
            let detail = format!("{stale} old sessions are not torn down yet");
            return Err(SourceError::new(StreamCause::Queued, detail));
        }
        Ok(())
    }
}

impl CameraSession for RetinaSession {
    async fn next(&mut self) -> Result<Option<Item>, SourceError> {
        if let Some(frame) = self.held.take() {
            return Ok(Some(Item::Frame(frame)));
        }
        loop {
            let item = match self.demuxed.next().await {
                None => return Ok(None),
                Some(Err(error)) => return Err(self.secrets.classify(&error)),
                Some(Ok(item)) => item,
            };
            match item {
                CodecItem::VideoFrame(frame) if frame.stream_id() == self.stream => {
                    return self.frame(frame).map(Some);
                }
                CodecItem::Rtcp(packet) if packet.stream_id() == self.stream => {
                    let rtp = packet.rtp_timestamp();
                    let report = packet.pkts().find_map(|packet| packet.as_sender_report().ok().flatten());
                    if let (Some(rtp), Some(report)) = (rtp, report) {
                        let report = SenderReport { ntp: report.ntp_timestamp().0, rtp: rtp.timestamp() };
                        return Ok(Some(Item::SenderReport(report)));
                    }
                }
                _ => {}
            }
        }
    }
}

impl RetinaSession {
    fn frame(&mut self, frame: VideoFrame) -> Result<Item, SourceError> {
        let new_parameters = frame.has_new_parameters();
        let item = SourceFrame {
            rtp: frame.timestamp().timestamp(),
            clock_rate: self.clock_rate,
            key: frame.is_random_access_point(),
            disposable: frame.is_disposable(),
            packets_lost: u32::from(frame.loss()),
            started: Instant::from_std(frame.start_ctx().received()),
            data: Bytes::from(frame.into_data()),
        };
        if self.told_parameters && !new_parameters {
            return Ok(Item::Frame(item));
        }
        match self.parameters()? {
            Some(parameters) => {
                self.told_parameters = true;
                self.held = Some(item);
                Ok(Item::Parameters(parameters))
            }
            // Neither the SDP nor the stream has told them yet.
            None => Ok(Item::Frame(item)),
        }
    }

    fn parameters(&self) -> Result<Option<StreamParameters>, SourceError> {
        let Some(stream) = self.demuxed.streams().get(self.stream) else { return Ok(None) };
        let Some(ParametersRef::Video(parameters)) = stream.parameters() else { return Ok(None) };
        if matches!(parameters.codec_params(), VideoParametersCodec::Jpeg) {
            return Err(SourceError::new(StreamCause::UnsupportedCodec, "JPEG"));
        }
        let (width, height) = parameters.pixel_dimensions();
        Ok(Some(StreamParameters {
            codec: parameters.rfc6381_codec().to_owned(),
            description: Bytes::copy_from_slice(parameters.extra_data()),
            width,
            height,
        }))
    }
}

/// retina's type prints the password; it lives only between here and the session.
fn exposed(credentials: &Credentials) -> retina::client::Credentials {
    retina::client::Credentials {
        username: credentials.user.clone(),
        password: credentials.password.expose_secret().to_owned(),
    }
}

impl std::fmt::Debug for RetinaMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetinaMemory").field("stale", &self.0.stale_sessions().num_sessions).finish()
    }
}

impl std::fmt::Debug for RetinaSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RetinaSession").field("stream", &self.stream).finish_non_exhaustive()
    }
}
