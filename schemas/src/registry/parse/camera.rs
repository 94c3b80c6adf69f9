//! Cameras: what a registry says of them, and how to reach them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::MAX_NAME;
use crate::measure::SceneWidthM;
use crate::registry::{CameraFacts, CameraNumber, MAX_CAMERA_NUMBER, MAX_MASKS, Mask, Purpose};
use crate::text::clean;
use crate::toml_reader::Table;

/// How to reach a camera. Stays in the server: never in the journal, on a wire or in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraEndpoint {
    /// RTSP URL of the large stream, without user and password.
    pub url: String,
    /// RTSP URL of the small stream.
    pub sub_url: Option<String>,
    /// HTTP URL of a still picture, without user and password.
    pub snapshot_url: Option<String>,
    /// User name.
    pub user: Option<String>,
    /// File that holds the password, relative to the configuration file.
    pub password_file: Option<PathBuf>,
}

impl std::fmt::Debug for CameraEndpoint {
    /// Says only that there is one: addresses of cameras are nobody's business.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CameraEndpoint(…)")
    }
}

/// Reads `[device.camera]`. `numbers` are those that are taken.
pub(super) fn camera(
    table: &mut Table<'_>,
    numbers: &mut BTreeSet<CameraNumber>,
) -> Option<(CameraFacts, CameraEndpoint)> {
    let url = table.required_text("url");
    let url = url.and_then(|text| address(table, "url", "rtsp", text));
    let sub_url = table.text("sub_url").and_then(|text| address(table, "sub_url", "rtsp", text));
    let snapshot_url =
        table.text("snapshot_url").and_then(|text| address(table, "snapshot_url", "http", text));
    let user = table.text("user");
    let password_file = table.text("password_file").map(PathBuf::from);
    if password_file.is_some() && user.is_none() {
        table.fault("password_file", "a password needs its `user`");
    }
    let purpose = table.required_word("purpose", Purpose::WORDS);
    let notice = table.required_text("notice");
    let retention_days = table.integer("retention_days", 1..=90).and_then(|days| u16::try_from(days).ok());
    let category = table.text("category").map(|text| clean(&text, MAX_NAME));
    let number = table
        .integer("number", 1..=i64::from(MAX_CAMERA_NUMBER))
        .and_then(|number| CameraNumber::new(u16::try_from(number).ok()?).ok());
    if let Some(number) = number.filter(|number| !numbers.insert(*number)) {
        table.fault("number", format!("two cameras have the number {number}"));
    }
    let masks = masks(table);
    let scene_width_m = table.measured("scene_width_m", SceneWidthM::new);
    let facts = CameraFacts {
        purpose: purpose?,
        notice: clean(&notice?, 300),
        retention_days: retention_days.unwrap_or(14),
        has_sub: sub_url.is_some(),
        category,
        number,
        masks,
        scene_width_m,
    };
    Some((facts, CameraEndpoint { url: url?, sub_url, snapshot_url, user, password_file }))
}

/// The masks of a camera. A faulty one is a fault, never a picture with a hole in its cover.
fn masks(table: &mut Table<'_>) -> Vec<Mask> {
    let tables = table.tables("mask");
    if tables.len() > MAX_MASKS {
        table.fault("mask", format!("must be at most {MAX_MASKS}"));
    }
    let mut masks = Vec::with_capacity(tables.len().min(MAX_MASKS));
    for mut one in tables {
        match one.numbers("corners").map(|corners| Mask::of_fractions(&corners)) {
            Some(Ok(mask)) => masks.push(mask),
            Some(Err(error)) => one.fault("corners", error.to_string()),
            None if one.has("corners") => {}
            None => one.fault("corners", "is missing"),
        }
        one.finish();
    }
    masks
}

/// A URL that a camera may have. A fault never repeats the text: it may hold a password.
fn address(table: &Table<'_>, key: &'static str, scheme: &str, text: String) -> Option<String> {
    let rest = text.strip_prefix(scheme);
    let authority = rest
        .and_then(|rest| rest.strip_prefix("://"))
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let message = match authority {
        None if rest.is_some_and(|rest| rest.starts_with("s://")) => &format!(
            "{scheme}s:// is not carried yet, only {scheme}:// is; put the camera on a network of its own"
        ),
        None => &format!("must begin with {scheme}://"),
        Some(authority) if authority.contains('@') => {
            "must not hold user and password: they go to `user` and `password_file`"
        }
        Some("") => "has no host",
        Some(_) if text.chars().any(|c| c.is_control() || c.is_whitespace()) => "is not a URL",
        Some(_) => return Some(text),
    };
    table.fault(key, message);
    None
}
