//! The `pantau` command.

use std::io::stdout;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use pantau::{admin, backup, config, serve};
use pantau_schemas::time::Timestamp;
use pantau_store::Replace;
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

/// A city command centre: cameras, sensors, access points and agency events, live on a wall.
#[derive(Debug, Parser)]
#[command(name = "pantau", version = pantau::BUILD, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    #[command(after_help = "Example: pantau serve --config /etc/pantau/pantau.toml")]
    Serve {
        /// Configuration file; without it everything is embedded, on 127.0.0.1:8080, in ./data.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Read the configuration and the registry, and name every fault.
    #[command(after_help = "Example: pantau check-config /etc/pantau/pantau.toml")]
    CheckConfig {
        /// Configuration file.
        file: PathBuf,
    },
    /// Bring the store to the schema of this version.
    #[command(after_help = "Example: pantau migrate --config /etc/pantau/pantau.toml")]
    Migrate(ConfigFile),
    /// Prove that the journal was not altered.
    #[command(subcommand)]
    Audit(Audit),
    /// Copy the embedded store, also while the server runs, with a manifest by which it can be taken back.
    #[command(
        after_help = "Example: pantau backup --config /etc/pantau/pantau.toml --to /var/backups/pantau/"
    )]
    Backup {
        #[command(flatten)]
        config: ConfigFile,
        /// A file that is not there yet, or a folder (with a / at its end, if it is to be made).
        #[arg(long)]
        to: PathBuf,
    },
    /// Take a backup back, after it was proved to be what was made. The server must be stopped.
    #[command(
        after_help = "Example: pantau restore --config /etc/pantau/pantau.toml --from /var/backups/pantau/pantau-metro-20261122T041109Z.db --replace"
    )]
    Restore {
        #[command(flatten)]
        config: ConfigFile,
        /// The copy, its manifest, or a folder that holds one backup.
        #[arg(long)]
        from: PathBuf,
        /// Put the city that is there aside, instead of refusing.
        #[arg(long)]
        replace: bool,
    },
    /// Write entries of the journal as JSON lines.
    #[command(
        after_help = "Example: pantau export --config pantau.toml --from 2026-11-22T00:00:00+07:00 > day.jsonl"
    )]
    Export {
        #[command(flatten)]
        config: ConfigFile,
        /// First moment, RFC 3339.
        #[arg(long)]
        from: Option<Timestamp>,
        /// Last moment, RFC 3339.
        #[arg(long)]
        to: Option<Timestamp>,
    },
}

#[derive(Debug, Args)]
struct ConfigFile {
    /// Configuration file.
    #[arg(long)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Walk the hash chain from the first entry; exit with 1 and name the first broken entry if it does not hold.
    #[command(after_help = "Example: pantau audit verify --config /etc/pantau/pantau.toml")]
    Verify(ConfigFile),
}

#[tokio::main]
async fn main() -> ExitCode {
    // Logs go to stderr, so that `export` can be piped. RUST_LOG chooses.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // Below a warning retina prints cameras' addresses, and some of those hold a password: not even RUST_LOG gets them.
    let discreet = filter_fn(|line| *line.level() <= Level::WARN || !line.target().starts_with("retina"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .finish()
        .with(discreet)
        .init();
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { config } => serve::run(load(config.as_deref())?, config).await,
        Command::CheckConfig { file } => {
            let config = load(Some(&file))?;
            let devices = config.registry.devices.len();
            tracing::info!(devices, cameras = config.cameras.len(), "the configuration has no fault");
            Ok(())
        }
        Command::Migrate(file) => admin::migrate(&load(file.config.as_deref())?, &mut stdout()).await,
        Command::Audit(Audit::Verify(file)) => {
            admin::verify(&load(file.config.as_deref())?, &mut stdout()).await
        }
        Command::Backup { config, to } => {
            backup::backup(&load(config.config.as_deref())?, &to, &mut stdout()).await
        }
        Command::Restore { config, from, replace } => {
            let replace = if replace { Replace::PutAside } else { Replace::Never };
            backup::restore(&load(config.config.as_deref())?, &from, replace, &mut stdout()).await
        }
        Command::Export { config, from, to } => {
            admin::export(&load(config.config.as_deref())?, from, to, &mut stdout().lock()).await
        }
    }
}

fn load(file: Option<&Path>) -> anyhow::Result<config::Config> {
    config::load(file).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{} fault(s) in the configuration:\n{}", lines.len(), lines.join("\n"))
    })
}
