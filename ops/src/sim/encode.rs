//! Makes the clips of the repository anew: draws the city, encodes it, writes `.pclip` files.
//!
//! The same code makes the same bytes. Needs a C++ compiler, which is why it is a feature of its own.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use openh264::encoder::{
    BitRate, Complexity, EncodedBitStream, Encoder, EncoderConfig, FrameRate, IntraFramePeriod, Profile,
    QpRange, RateControlMode, UsageType,
};
use openh264::formats::YUVSlices;
use openh264::{OpenH264API, Timestamp};

use super::clip::{AccessUnit, Clip, ClipError};
use super::draw::{Painter, Planes, SCENES};

/// Pictures a second.
const FPS: u16 = 15;
/// Pictures of the loop: eight seconds.
const LOOP: u16 = 120;
/// Pictures from key frame to key frame: one second.
const GROUP: u16 = 15;

/// A stream to be made.
struct Form {
    suffix: &'static str,
    height: usize,
    bitrate: u32,
}

const SUB: Form = Form { suffix: "", height: 360, bitrate: 320_000 };
const MAIN: Form = Form { suffix: "-main", height: 720, bitrate: 900_000 };
/// The one camera with a large stream of its own; for more there is no room in the repository.
const WITH_MAIN: &str = "cam-alun-01";

/// Why no clip was made.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoder.
    #[error("failed to encode {camera}")]
    Encoder {
        /// Whose clip.
        camera: &'static str,
        /// Why.
        #[source]
        source: openh264::Error,
    },
    /// The clip.
    #[error("failed to make the clip of {camera}")]
    Clip {
        /// Whose clip.
        camera: &'static str,
        /// Why.
        #[source]
        source: ClipError,
    },
    /// The file.
    #[error("failed to write {path}", path = .path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Draws and encodes every clip into `folder`; answers the files with their sizes in bytes.
///
/// # Errors
/// [`EncodeError`].
pub fn make_clips(folder: &Path) -> Result<Vec<(PathBuf, usize)>, EncodeError> {
    fs::create_dir_all(folder).map_err(|source| EncodeError::Write { path: folder.to_owned(), source })?;
    let mut made = Vec::new();
    for scene in SCENES {
        let forms = if scene.camera == WITH_MAIN { vec![SUB, MAIN] } else { vec![SUB] };
        for form in forms {
            let painter = Painter::new(scene, form.height);
            let clip = encode(&painter, &form)
                .map_err(|source| EncodeError::Encoder { camera: scene.camera, source })?;
            let file = clip.encode().map_err(|source| EncodeError::Clip { camera: scene.camera, source })?;
            let path = folder.join(format!("{}{}.pclip", scene.camera, form.suffix));
            fs::write(&path, &file).map_err(|source| EncodeError::Write { path: path.clone(), source })?;
            made.push((path, file.len()));
        }
    }
    Ok(made)
}

fn encoder(form: &Form) -> Result<Encoder, openh264::Error> {
    let config = EncoderConfig::new()
        .profile(Profile::Main)
        .bitrate(BitRate::from_bps(form.bitrate))
        .max_frame_rate(FrameRate::from_hz(f32::from(FPS)))
        .intra_frame_period(IntraFramePeriod::from_num_frames(u32::from(GROUP)))
        .rate_control_mode(RateControlMode::Bitrate)
        .usage_type(UsageType::CameraVideoRealTime)
        .complexity(Complexity::High)
        .qp(QpRange::new(22, 38))
        .skip_frames(false)
        .scene_change_detect(false)
        .background_detection(false)
        .adaptive_quantization(false)
        .num_threads(1);
    Encoder::with_api_config(OpenH264API::from_source(), config)
}

fn encode(painter: &Painter, form: &Form) -> Result<Clip, openh264::Error> {
    let mut sets = Sets::default();
    let mut moving = encoder(form)?;
    let mut units = Vec::new();
    for number in 0..LOOP {
        units.push(sets.unit(&one(&mut moving, &painter.picture(number, LOOP), number)?));
    }
    // The same first picture again and again, by an encoder that has seen nothing else.
    let mut standing = encoder(form)?;
    let first = painter.picture(0, LOOP);
    let mut still = Vec::new();
    for number in 0..GROUP {
        still.push(sets.unit(&one(&mut standing, &first, number)?));
    }
    still.remove(0);
    let (width, height) = (number(first.width), number(first.height));
    Ok(Clip { width, height, fps: FPS, sps: sets.sps, pps: sets.pps, units, still })
}

fn number(pixels: usize) -> u16 {
    u16::try_from(pixels).unwrap_or(u16::MAX)
}

fn one<'a>(
    encoder: &'a mut Encoder,
    picture: &Planes,
    number: u16,
) -> Result<EncodedBitStream<'a>, openh264::Error> {
    let (width, height) = (picture.width, picture.height);
    let (luma, chroma) = picture.bytes.split_at(width * height);
    let (blue, red) = chroma.split_at(width * height / 4);
    let source = YUVSlices::new((luma, blue, red), (width, height), (width, width / 2, width / 2));
    encoder.encode_at(&source, Timestamp::from_millis(u64::from(number) * 1000 / u64::from(FPS)))
}

/// The parameter sets, taken out of the stream.
#[derive(Default)]
struct Sets {
    sps: Bytes,
    pps: Bytes,
}

impl Sets {
    fn unit(&mut self, stream: &EncodedBitStream<'_>) -> AccessUnit {
        let mut unit = AccessUnit { key: false, nals: Vec::new() };
        for layer in (0..stream.num_layers()).filter_map(|number| stream.layer(number)) {
            for nal in (0..layer.nal_count()).filter_map(|number| layer.nal_unit(number)) {
                let start = nal.iter().position(|byte| *byte == 1).map_or(0, |at| at + 1);
                let nal = Bytes::copy_from_slice(nal.get(start..).unwrap_or_default());
                match nal.first().map(|header| header & 0x1f) {
                    Some(7) => self.sps = nal,
                    Some(8) => self.pps = nal,
                    Some(kind) => {
                        unit.key |= kind == 5;
                        unit.nals.push(nal);
                    }
                    None => {}
                }
            }
        }
        unit
    }
}
