//! F15: a write that was on its way when the power went. The write-ahead log of SQLite (sqlite.org/fileformat.html, 4)
//! gets half of one frame more than its owner wrote, as it would look after a sector or two.
//!
//! Nothing that was synced is touched: whoever takes this frame for a commit has lost more than it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::dice::Dice;

/// Bytes of the log's own header, and of a frame's.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Where the log's frames end, and what the next one would have to look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// Frames of the log's present round.
    pub(super) frames: u64,
    at: u64,
    page: usize,
    salts: [u8; 8],
}

/// Looks where the frames of a log end.
///
/// # Errors
/// It is no log.
pub(super) fn end(log: &Path) -> anyhow::Result<End> {
    let mut file = File::open(log).context("there is no log")?;
    let mut header = [0; HEADER];
    file.read_exact(&mut header).context("the log is empty")?;
    let word =
        |at: usize| header.get(at..at + 4).and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let page = usize::try_from(word(8).context("no page size")?)?;
    ensure!(page.is_power_of_two() && page >= 512, "a page of {page} bytes");
    let salts: [u8; 8] = header.get(16..24).context("no salts")?.try_into()?;
    let mut end = End { frames: 0, at: HEADER as u64, page, salts };
    let mut frame = vec![0; FRAME_HEADER + page];
    // A frame of an earlier round has other salts.
    while file.read_exact(&mut frame).is_ok() && frame.get(8..16) == Some(&salts) {
        end.frames += 1;
        end.at += (FRAME_HEADER + page) as u64;
    }
    Ok(end)
}

/// Writes half of a frame behind the last one: of the right round, the last of a commit, and with sums that are wrong.
///
/// # Errors
/// It cannot be written.
pub(super) fn tear(log: &Path, dice: &mut Dice) -> anyhow::Result<End> {
    let end = end(log)?;
    let mut frame = Vec::with_capacity(FRAME_HEADER + end.page / 2);
    frame.extend(1_u32.to_be_bytes());
    frame.extend(1_u32.to_be_bytes());
    frame.extend(end.salts);
    while frame.len() < FRAME_HEADER + end.page / 2 {
        frame.extend(dice.roll().to_be_bytes());
    }
    let mut file = OpenOptions::new().write(true).open(log)?;
    file.seek(SeekFrom::Start(end.at))?;
    file.write_all(&frame)?;
    file.sync_all()?;
    Ok(end)
}
