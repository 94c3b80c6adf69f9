//! The writing half of a connection: acknowledgements as soon as they are due, all of a commit in one write.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::listener::end::End;
use crate::listener::line::{Found, Line};
use crate::listener::status::Meter;

/// How long a client may take nothing of what is sent to it.
const STALLED: Duration = Duration::from_secs(60);

/// The writing half. Dropped half-way through a write it still knows what was not written.
pub(crate) struct Writer<'a> {
    stream: &'a TcpStream,
    line: &'a Line,
    meter: &'a Meter,
    out: BytesMut,
}

impl<'a> Writer<'a> {
    /// A half that begins with `out`.
    pub(crate) const fn new(stream: &'a TcpStream, line: &'a Line, meter: &'a Meter, out: BytesMut) -> Self {
        Self { stream, line, meter, out }
    }

    /// Writes until the connection ends from this side.
    pub(crate) async fn run(&mut self) -> End {
        loop {
            match self.step().await {
                Err(end) => return end,
                Ok(found) if found.moved => {}
                Ok(_) => self.line.rung().await,
            }
        }
    }

    /// Writes until nothing is on the way any more, or nothing more can be.
    pub(crate) async fn drain(&mut self) {
        while !self.line.is_settled() {
            match self.step().await {
                Err(_) => return,
                Ok(found) if found.moved => {}
                Ok(_) => self.line.rung().await,
            }
        }
    }

    /// Writes what is left, and then the last words; an error means that nobody hears them.
    pub(crate) async fn last(&mut self, words: &[u8]) -> Result<(), End> {
        self.out.extend_from_slice(words);
        flush(self.stream, &mut self.out).await
    }

    async fn step(&mut self) -> Result<Found, End> {
        let found = self.line.gather(&mut self.out);
        self.meter.acknowledged.add_many(found.acknowledged);
        flush(self.stream, &mut self.out).await?;
        if found.moved {
            self.line.make_room();
        }
        if found.dropped {
            self.meter.unanswered.add();
            return Err(End::Unanswered);
        }
        Ok(found)
    }
}

/// Writes all of `out`.
pub(crate) async fn flush(stream: &TcpStream, out: &mut BytesMut) -> Result<(), End> {
    while !out.is_empty() {
        match stream.try_write(out) {
            Ok(0) => return Err(End::Broken),
            Ok(count) => out.advance(count),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                match timeout(STALLED, stream.writable()).await {
                    Err(_elapsed) => return Err(End::Stalled),
                    Ok(Err(_gone)) => return Err(End::Broken),
                    Ok(Ok(())) => {}
                }
            }
            Err(_gone) => return Err(End::Broken),
        }
    }
    Ok(())
}
