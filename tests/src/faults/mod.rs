//! A city under load that is hurt again and again, and judged afterwards: Jepsen's way, for one machine.
//!
//! A generator (`publisher`, `people`) publishes, posts and commands, and keeps a [`history`] of what it was
//! promised. A `nemesis` kills, stops, cuts and slows the server, the broker, the database and the lines between them.
//! A screen and the counters are [`watch`]ed. At the end everything is healed, everybody waits until each
//! operation is answered, and [`check`] holds the promises against the store.
//!
//! **Invariants.** The generator is never hurt itself. What is rolled comes from the seed, which is printed; what happens
//! when depends on the machine. The judge does not know what the nemesis did.

pub mod check;
mod evidence;
pub mod fault;
mod flood;
pub mod history;
mod nemesis;
mod people;
mod publisher;
mod torn;
pub mod watch;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, ensure};
use pantau_schemas::ids::Seq;
use tokio::sync::watch::channel;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::broker::Memory;
use crate::city::TestCity;
use crate::dice::Dice;
use crate::disk::Made;
use crate::group::Group;
use crate::readings::Readings;
use crate::said::say;
use crate::tools::Tool;
use crate::wait;
use check::{Broken, MEMORY_MIB, judge};
pub use fault::Fault;
use history::{Fate, History, What};
use people::Person;
use publisher::{Publisher, Role};

/// How long everybody may need to be answered after the last fault, on a busy machine.
const DRAIN_WITHIN: Duration = Duration::from_secs(240);
/// The sensor that publishes to the server itself.
const DIRECT: &str = "sen-01";
/// The sensor that publishes to the broker.
const BROKERED: &str = "sen-02";
/// The device that changes its mind.
const MOODY: &str = "ap-01";
/// How often it does, a second.
const MOODS: u32 = 5;

/// Every unreadable message of a long run is looked for afterwards.
const LETTERS: &str = "[dead_letters]\nper_source = 100_000\nper_device = 50_000\n";
/// So much room has a store whose disk is filled, MiB: more than a run writes, and filled within a second.
const DISK_MIB: u32 = 256;

/// Where a city keeps its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In a file.
    Sqlite,
    /// In a database server.
    Postgres,
    /// The same, in a hypertable.
    Timescale,
}

impl FromStr for Home {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Postgres),
            "timescale" => Ok(Self::Timescale),
            _ => Err("the store is sqlite, postgres or timescale".to_owned()),
        }
    }
}

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What everything is rolled from.
    pub seed: u64,
    /// Where history is kept.
    pub home: Home,
    /// How long the city is hurt.
    pub lasting: Duration,
    /// After so many faults it is enough.
    pub strikes: u32,
    /// What is done: all of these in an order that is rolled, and again.
    pub faults: Vec<Fault>,
    /// Readings a second, in all.
    pub readings: u32,
    /// Complaints a second, in all.
    pub events: u32,
    /// Rest between two faults, shortest and longest.
    pub rest: (Duration, Duration),
    /// How long a fault lasts, shortest and longest.
    pub held: (Duration, Duration),
    /// How long a broker may need to hand over what it has acknowledged.
    pub patience: Duration,
    /// More keys of `[store]`.
    pub store: String,
    /// Another program of the server than the one beside this one.
    pub server: Option<PathBuf>,
}

/// What was asked of the city, a second, while it was hurt: over the whole time, also while nobody was there to take it.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// As the settings want it.
    pub asked: u32,
    /// What was really sent.
    pub offered: f64,
    /// What was acknowledged by the time at which the last fault was over.
    pub acknowledged: f64,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} of {} offered, {:.1} acknowledged", self.offered, self.asked, self.acknowledged)
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// MQTT messages a second.
    pub messages: Rate,
    /// Webhooks a second.
    pub webhooks: Rate,
    /// Promises that were broken.
    pub broken: Vec<Broken>,
    /// Operations, and how many of them were acknowledged.
    pub ops: (usize, usize),
    /// Faults.
    pub strikes: u32,
    /// Entries of the journal.
    pub entries: usize,
    /// How long everybody had to wait for the last answer after the last fault.
    pub drained: Duration,
    /// Most memory that the server was seen to hold, KiB.
    pub memory_kib: u64,
    /// The diary, kept where promises were broken.
    pub history: Option<PathBuf>,
}

/// Runs a city, hurts it, and judges it.
///
/// # Errors
/// A part could not be started or healed, or somebody was never answered.
pub async fn run(settings: &Settings) -> anyhow::Result<Report> {
    let seed = settings.seed;
    let faults = possible(settings);
    let flood =
        format!("[[events.sender]]\nsource = \"{}\"\nsecret_files = [\"secrets/pupr\"]\n", flood::SOURCE);
    let mut plan = TestCity::plan().direct().broker(Memory::Forgets).lines().alone();
    plan = plan.store(&settings.store).settings(&flood).settings(LETTERS);
    if let Some(program) = &settings.server {
        plan = plan.program(program.clone());
    }
    plan = match settings.home {
        Home::Sqlite => plan,
        Home::Postgres => plan.postgres(),
        Home::Timescale => plan.timescale(),
    };
    if faults.contains(&Fault::FailOver) {
        plan = plan.standby();
    }
    let need = |tool| faults.iter().any(|fault| fault.needs() == Some(tool));
    if need(Tool::BlockDisk) {
        plan = plan.disk(DISK_MIB, Made::OfBlocks);
    }
    if need(Tool::FalseClock) {
        plan = plan.clock();
    }
    if Group::possible() {
        plan = plan.memory(MEMORY_MIB);
    } else {
        say("the server may take what it wants: this machine lets nobody limit a program's memory");
    }
    let mut city = plan.start().await?;
    if settings.home == Home::Timescale {
        let sql = "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'sample'";
        let found = city.database()?.sql(sql).await?;
        ensure!(found == "1", "the store did not become a hypertable: {found}");
    }
    let history = History::begin(city.dir())?;
    history.note(&format!("seed {seed}"));
    let hurt = hurt(settings, &faults, &mut city, &history).await;
    let kept = |history: &History| {
        let path = std::env::temp_dir().join(format!("pantau-faults-{seed}.jsonl"));
        let copied = history.file().and_then(|file| Ok(std::fs::copy(file, &path)?));
        copied.map(|_| path)
    };
    let Hurt { evidence, strikes, drained, messages, webhooks } = match hurt {
        Ok(done) => done,
        Err(error) => {
            // Its destructor would blame the city for what is said here already.
            say(&city.server.tail());
            let _dead = city.server.kill();
            let kept =
                kept(&history).map_or_else(|error| error.to_string(), |path| path.display().to_string());
            return Err(error.context(format!("seed {seed}, history in {kept}")));
        }
    };
    let broken = judge(&evidence);
    let acknowledged = evidence.ops.iter().filter(|op| op.fate == Fate::Ok).count();
    Ok(Report {
        messages,
        webhooks,
        ops: (evidence.ops.len(), acknowledged),
        strikes,
        entries: evidence.entries.len(),
        drained,
        memory_kib: evidence.memory_kib,
        history: if broken.is_empty() { None } else { kept(&history).ok() },
        broken,
    })
}

/// A city that was hurt and healed.
struct Hurt {
    evidence: check::Evidence,
    strikes: u32,
    drained: Duration,
    messages: Rate,
    webhooks: Rate,
}

/// The faults that the store can have and this machine can make; what it cannot, is said.
fn possible(settings: &Settings) -> Vec<Fault> {
    let here = |fault: &Fault| match fault.needs().and_then(Tool::missing) {
        Some(missing) => {
            say(&format!("left out: {}, because {missing}", fault.name()));
            false
        }
        None => true,
    };
    settings.faults.iter().copied().filter(|fault| fault.applies(settings.home)).filter(here).collect()
}

async fn hurt(
    settings: &Settings,
    faults: &[Fault],
    city: &mut TestCity,
    history: &History,
) -> anyhow::Result<Hurt> {
    let seed = settings.seed;
    let (stop, stopped) = channel(false);
    let (tell_screen, last) = channel(None::<Seq>);
    let (readings, brokered) = (Readings::of(DIRECT), Readings::of(BROKERED));
    let publisher = |name: &'static str, address, role, per_second| Publisher {
        name,
        address,
        role,
        per_second,
        dice: Dice::of(seed, name),
        history: history.clone(),
        stop: stopped.clone(),
    };
    let began = Instant::now();
    let mut work: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let broker = city.broker()?.address();
    let half = (settings.readings / 2).max(1);
    work.spawn(publisher(DIRECT, city.intake()?, Role::Meter(readings.clone()), half).run());
    work.spawn(publisher(BROKERED, broker, Role::Meter(brokered.clone()), half).run());
    work.spawn(publisher(MOODY, city.intake()?, Role::Moody, MOODS).run());
    // Each waits for its answer, and catches up afterwards: so many that all of them together do.
    let agencies = settings.events.max(1);
    for number in 0..=agencies {
        let name = if number == agencies { "operator".to_owned() } else { format!("A{number}") };
        let person = Person {
            dice: Dice::of(seed, &name),
            name,
            server: city.address(),
            per_second: (settings.events / agencies).max(1),
            history: history.clone(),
            stop: stopped.clone(),
        };
        if number == agencies {
            work.spawn(Person { per_second: 4, ..person }.operator());
        } else {
            work.spawn(person.agency());
        }
    }
    let mut watched = JoinSet::new();
    watched.spawn(watch::screen(city.screens(), city.address(), last));
    let mut counted = JoinSet::new();
    counted.spawn(watch::counters(city.address(), stopped.clone()));

    let mut dice = Dice::of(seed, "nemesis");
    let mut deck = Vec::new();
    let end = Instant::now() + settings.lasting;
    let (mut strikes, mut memory_kib, mut forgetful) = (0, 0, false);
    while strikes < settings.strikes && Instant::now() < end {
        sleep(dice.time(settings.rest.0, settings.rest.1)).await;
        memory_kib = memory_kib.max(city.server.resident_kib().unwrap_or_default());
        if deck.is_empty() {
            deck.extend_from_slice(faults);
            dice.shuffle(&mut deck);
        }
        let Some(fault) = deck.pop() else { continue };
        let held = dice.time(settings.held.0, settings.held.1);
        forgetful |= fault == Fault::KillBroker;
        nemesis::strike(city, fault, held, history, &mut dice)
            .await
            .with_context(|| format!("during {}", fault.name()))?;
        strikes += 1;
        say(&format!("strike {strikes}: {} for {held:?}", fault.name()));
    }
    history.note("healed");
    let healed = Instant::now();
    city.server.ready().await?;
    stop.send_replace(true);
    let rate = |asked, kind: fn(&What) -> bool| {
        let (offered, acknowledged) = history.tally(kind);
        let seconds = began.elapsed().as_secs_f64();
        Rate { asked, offered: offered as f64 / seconds, acknowledged: acknowledged as f64 / seconds }
    };
    let messages = rate(settings.readings + MOODS, What::is_message);
    let webhooks = rate(settings.events, |what| matches!(what, What::Event { .. }));
    let all = async {
        while let Some(done) = work.join_next().await {
            done.context("a part of the generator died")??;
        }
        anyhow::Ok(())
    };
    timeout(DRAIN_WITHIN, all).await.with_context(|| {
        let ops = history.ops();
        let open: Vec<String> =
            ops.iter().filter(|op| op.fate == Fate::Unknown).take(5).map(|op| op.what.to_string()).collect();
        format!("not answered: {}", open.join(", "))
    })??;
    let drained = healed.elapsed();
    let counters = counted.join_next().await.context("nobody counted")??;
    // What the broker has promised its devices to hand over is on its way still.
    if !forgetful {
        evidence::handed_over(city, (BROKERED, &brokered), &history.ops(), settings.patience).await?;
    }
    let quiet = wait::until("everything to be durable", DRAIN_WITHIN, async || {
        let (before, after) = (city.server.status().await?, city.server.status().await?);
        let quiet = before["world"] == after["world"] && after["settled"] == after["seq"];
        Ok(quiet.then_some(after))
    });
    let (status, _) = quiet.await?;
    let seq = Seq(status["world"]["seq"].as_u64().context("no seq")?);
    tell_screen.send_replace(Some(seq));
    let screen = timeout(DRAIN_WITHIN, watched.join_next()).await.context("the screen never caught up")?;
    let screen = screen.context("nobody watched")??;
    memory_kib = memory_kib.max(city.server.resident_kib()?);
    let digest = status["world"]["digest"].as_str().context("no digest")?.to_owned();
    let sensors = [(DIRECT, readings, false), (BROKERED, brokered, forgetful)];
    let evidence = evidence::Gathered { server: (seq, digest), screen, counters, memory_kib };
    let evidence = evidence.with(city, history, &sensors).await?;
    Ok(Hurt { evidence, strikes, drained, messages, webhooks })
}
