//! The lines between the server and everything around it, to be made to fail.

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::line::Line;
use crate::postgres::{Database, SOCKET};

/// Lines that fail on demand, between the server and everything around it.
#[derive(Debug)]
pub struct Lines {
    /// From the server to the broker.
    pub broker: Option<Line>,
    /// From devices to the server.
    pub devices: Option<Line>,
    /// From the server to the database.
    pub database: Option<Line>,
    /// From screens to the server.
    pub screens: Line,
    /// The near ends of the lines that lead to the server.
    pub(super) near: Near,
    _folder: Option<TempDir>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) devices: Option<SocketAddr>,
    pub(super) screens: SocketAddr,
}

impl Lines {
    /// Puts a line before everything; what the configuration is to name becomes the near end.
    pub(super) async fn new(
        server: SocketAddr,
        direct: Option<SocketAddr>,
        broker: &mut Option<SocketAddr>,
        database: Option<&Database>,
        store: &mut String,
    ) -> anyhow::Result<Self> {
        let (screens, screens_near) = Line::to_port(server).await?;
        let mut near = Near { devices: None, screens: screens_near };
        let devices = match direct {
            Some(direct) => {
                let (line, address) = Line::to_port(direct).await?;
                near.devices = Some(address);
                Some(line)
            }
            None => None,
        };
        let to_broker = match broker {
            Some(address) => {
                let (line, near) = Line::to_port(*address).await?;
                *address = near;
                Some(line)
            }
            None => None,
        };
        let (mut to_database, mut folder) = (None, None);
        if let Some(database) = database {
            // The path of a socket is short.
            let short = tempfile::Builder::new().prefix("pantau-line-").tempdir_in("/tmp")?;
            to_database = Some(Line::to_socket(database.socket(), &short.path().join(SOCKET))?);
            *store = Database::url_in(short.path());
            folder = Some(short);
        }
        Ok(Self { broker: to_broker, devices, database: to_database, screens, near, _folder: folder })
    }
}
