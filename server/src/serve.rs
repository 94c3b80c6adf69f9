//! `pantau serve`: everything started in order, and stopped in reverse.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use pantau_camera::{Fleet, RetinaSource, Settings, Stills};
use pantau_ingest::{listener, mqtt};
use pantau_schemas::ids::Epoch;
use pantau_schemas::time::Clock;
use pantau_store::{Location, Postgres, Server, Sqlite, Store, StoreError};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tokio_util::context::TokioContext;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::{App, Readers};
use crate::beats::Beats;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::core::Counts;
use crate::hub::Hub;
use crate::letters::Letters;
use crate::media::Figures;
use crate::senders::Senders;
use crate::threads::Threads;
use crate::web::origin::Origins;
use crate::{cameras, core, letters, reload, tls, web};

/// Deliveries that may wait for the core. Block: MQTT stops acknowledging, webhooks get 503.
const INTAKE: usize = 16_384;
/// Registries and beats of screens that may wait for the core. A beat that finds no room is dropped: the next one comes
/// within seconds.
const CONTROLS: usize = 64;
/// Camera reports that may wait. States are conflated per stream before this queue, health is dropped.
const REPORTS: usize = 4_096;
/// How long the store may still belong to a server that was stopped a moment ago.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(5);
/// How long stopping may take in all.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// Runs the server until it is told to stop (SIGTERM, SIGINT).
///
/// # Errors
/// What keeps it from starting, with what to do about it.
pub async fn run(config: Config, file: Option<PathBuf>) -> anyhow::Result<()> {
    let started = Instant::now();
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("failed to make the data folder {}", config.data.display()))?;
    let threads = Threads::start("store").context("failed to start the threads of the store")?;
    // The one place that knows which home it is: everything after it is written against the trait.
    match &config.store {
        Location::Sqlite(path) => {
            let store = TokioContext::new(open_sqlite(path, &config), threads.handle()).await?;
            run_on(store, &threads, config, file, started).await
        }
        Location::Postgres(server) => {
            let store = TokioContext::new(open_postgres(server, &config), threads.handle()).await?;
            run_on(store, &threads, config, file, started).await
        }
    }
}

async fn run_on<S: Store>(
    store: S,
    store_threads: &Threads,
    config: Config,
    file: Option<PathBuf>,
    started: Instant,
) -> anyhow::Result<()> {
    let store = Arc::new(store);
    let recovered = store.recover().await.context("failed to recover from the store")?;
    let recovered_as = (recovered.world.seq, recovered.world.digest());
    tracing::info!(
        seq = %recovered.world.seq,
        digest = %recovered_as.1,
        replayed = recovered.entries_replayed,
        devices = config.registry.devices.len(),
        "recovered"
    );
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("failed to listen on {}; is another server running there?", config.listen)
    })?;
    let listen = listener.local_addr()?;
    let devices = match &config.intake {
        Some(intake) => Some(listener::bind(intake.listen).with_context(|| {
            format!("failed to listen for devices on {}; is a broker running there?", intake.listen)
        })?),
        None => None,
    };
    let acceptor = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let senders = match Senders::new(&config.senders) {
        Ok(senders) => senders,
        Err(error) => bail!("{error}"),
    };

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tracker = TaskTracker::new();
    // Ways in stop first, then the core commits what is pending, then readers are let go.
    let (stop_inputs, stop_core, stop_readers) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    let epoch = Epoch::new(&format!("e{:016x}", rand::random::<u64>()))?;
    let hub = Hub::new(epoch, config.city.code.clone(), Arc::clone(&clock));
    let counts = Counts::new(&recovered.totals, &recovered.letters);
    let pace = core::Pace::default();
    let letters = Letters::new(&config);
    let letters_due = Arc::new(Notify::new());
    let (intake, deliveries) = mpsc::channel(INTAKE);
    let (control, controls) = mpsc::channel(CONTROLS);
    let (registry, registry_seen) = watch::channel(Arc::new(config.registry.clone()));

    let parts = core::Parts {
        store: Arc::clone(&store),
        committer: store_threads.handle(),
        recovered,
        registry: config.registry.clone(),
        build: crate::BUILD.to_owned(),
        batching: config.keeping.batching.clone(),
        hub: hub.clone(),
        counts: counts.clone(),
        pace: pace.clone(),
        clock: Arc::clone(&clock),
        letter_quota: letters.quota,
        letters_due: Arc::clone(&letters_due),
    };
    let mut core_done = {
        let (tracker, cancel) = (tracker.clone(), stop_core.clone());
        tracker.clone().spawn(async move { core::run(parts, deliveries, controls, &tracker, cancel).await })
    };

    let (reports, camera_reports) = mpsc::channel(REPORTS);
    let picture_threads =
        Threads::start("pictures").context("failed to start the threads of the pictures")?;
    let screen_threads = Threads::start("screens").context("failed to start the threads of the screens")?;
    let (pictures, screens) = (picture_threads.handle(), screen_threads.handle());
    tracker.spawn_on(hub.clone().pace(stop_readers.clone()), &screens);
    let fleet = {
        let _here = pictures.enter();
        let (clock, tracker, cancel) = (Arc::clone(&clock), tracker.clone(), stop_inputs.clone());
        Fleet::start(Settings::default(), RetinaSource, clock, reports, tracker, cancel)
    };
    tracker.spawn(cameras::forward(camera_reports, intake.clone(), Arc::clone(&clock), stop_readers.clone()));
    fleet.configure(config.cameras);
    let stills = Stills::new(Arc::clone(&clock), tracker.clone(), stop_readers.clone());
    stills.configure(config.stills);

    let mqtt = config.mqtt.map(|settings| {
        let (status, seen) = watch::channel(mqtt::Status::default());
        tracker.spawn(mqtt::run(
            settings,
            registry_seen.clone(),
            Arc::clone(&clock),
            intake.clone(),
            status,
            stop_inputs.clone(),
        ));
        seen
    });

    let direct = config.intake.zip(devices).map(|(direct, socket)| {
        let (status, seen) = watch::channel(listener::Status::default());
        let connections = direct.settings.connections;
        tracing::info!(listen = %direct.listen, connections, "devices publish to us directly");
        tracker.spawn(listener::run(
            socket,
            direct.settings,
            registry_seen,
            Arc::clone(&clock),
            intake.clone(),
            status,
            stop_inputs.clone(),
        ));
        (connections, seen)
    });

    let app = Arc::new(App {
        store: Arc::clone(&store),
        hub,
        counts,
        pace,
        fleet,
        stills,
        pictures,
        screens,
        intake,
        beats: Beats::new(control.clone()),
        control,
        mqtt,
        listener: direct,
        registry,
        config_file: file,
        senders,
        letters,
        origins: Origins::of(listen, acceptor.is_some(), &config.origins),
        figures: Figures::default(),
        clock,
        tracker: tracker.clone(),
        cancel: stop_readers.clone(),
        readers: Readers::default(),
        recovered: recovered_as,
    });
    tracker.spawn(letters::follow_registry(Arc::clone(&app), letters_due));
    let router = web::router(Arc::clone(&app));
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    tracker.spawn(web::listen::serve(listener, acceptor, router, tracker.clone(), stop_readers.clone()));
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(wall = %format!("{scheme}://{listen}/wall/main"), took_ms, build = crate::BUILD, "listening");

    tokio::select! {
        stopped = until_stopped(&app) => stopped?,
        // Without its writer a server would show what nobody keeps: better none, and the next one takes over.
        _ = &mut core_done => bail!("the core has ended; see the log"),
    }
    tracing::info!("stopping");
    stop_inputs.cancel();
    stop_core.cancel();
    if tokio::time::timeout(STOP_WITHIN, &mut core_done).await.is_err() {
        tracing::error!("the core did not stop in time; what was not acknowledged will come again");
    }
    stop_readers.cancel();
    tracker.close();
    if tokio::time::timeout(Duration::from_secs(3), tracker.wait()).await.is_err() {
        tracing::info!("some readers did not leave in time");
    }
    store.close().await;
    Ok(())
}

/// Opens the embedded store for writing.
///
/// # Errors
/// It cannot be opened, belongs to another process, or was written by a newer version.
pub(crate) async fn open_sqlite(path: &Path, config: &Config) -> anyhow::Result<Sqlite> {
    patiently(config, || Sqlite::open(path, &config.city.code, &config.keeping.sqlite)).await
}

/// Opens the store of a PostgreSQL server for writing.
///
/// # Errors
/// It cannot be reached, another process writes to this city, or a newer version was there.
pub(crate) async fn open_postgres(server: &Server, config: &Config) -> anyhow::Result<Postgres> {
    patiently(config, || Postgres::open(server, &config.city.code, &config.keeping.postgres)).await
}

/// Opens a store that a server which was just killed may still hold: its lock lasts until the kernel, or the
/// database, has buried it.
async fn patiently<S, F>(config: &Config, open: impl Fn() -> F) -> anyhow::Result<S>
where
    F: Future<Output = Result<S, StoreError>>,
{
    let deadline = Instant::now() + PREDECESSOR_WITHIN;
    loop {
        match open().await {
            Ok(store) => return Ok(store),
            Err(StoreError::InUse(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(error) => {
                return Err(error).with_context(|| format!("failed to open the store {}", config.store));
            }
        }
    }
}

/// Waits for SIGTERM or SIGINT; SIGHUP reads the registry again.
async fn until_stopped<S: Store>(app: &App<S>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => if let Err(faults) = reload::registry(app).await {
                for fault in faults {
                    tracing::error!(%fault, "the registry was not taken over");
                }
            },
        }
    }
}
