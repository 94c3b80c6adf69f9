//! Gathering what the judge looks at, from the store and from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context;
use pantau_schemas::ids::Seq;

use super::check::{Evidence, Letter, Series};
use super::history::{Fate, History, Op, What};
use super::watch::{Counters, Screen};
use crate::city::TestCity;
use crate::readings::Readings;
use crate::wait;

/// What was seen while the city was hurt.
pub(super) struct Gathered {
    pub(super) server: (Seq, String),
    pub(super) screen: Screen,
    pub(super) counters: Counters,
    pub(super) memory_kib: u64,
}

impl Gathered {
    /// The rest, from the store.
    pub(super) async fn with(
        self,
        city: &TestCity,
        history: &History,
        sensors: &[(&'static str, Readings, bool)],
    ) -> anyhow::Result<Evidence> {
        let fresh = city.live().await?.world;
        let mut series = BTreeMap::new();
        for (device, readings, forgetful) in sensors {
            let numbers = readings.stored(city).await?;
            let missing = missing(city, device).await?;
            series.insert(*device, Series { numbers, missing, forgetful: *forgetful });
        }
        let Self { server, screen, counters, memory_kib } = self;
        let letters = letters(city).await?;
        let entries = city.server.export()?;
        Ok(Evidence {
            ops: history.ops(),
            entries,
            series,
            letters,
            server,
            fresh,
            screen,
            counters,
            memory_kib,
        })
    }
}

/// Waits until everything that a broker has acknowledged to a device is stored.
pub(super) async fn handed_over(
    city: &TestCity,
    (device, readings): (&'static str, &Readings),
    ops: &[Op],
    within: Duration,
) -> anyhow::Result<()> {
    let mut promised: BTreeSet<u32> = ops
        .iter()
        .filter(|op| op.fate == Fate::Ok)
        .filter_map(|op| match op.what {
            What::Reading { device: of, number } if of == device => Some(number),
            _ => None,
        })
        .collect();
    let unreadable: Vec<&String> = ops
        .iter()
        .filter(|op| op.fate == Fate::Ok)
        .filter_map(|op| match &op.what {
            What::Poison { device: of, mark, .. } if *of == device => Some(mark),
            _ => None,
        })
        .collect();
    // In vain is not an error here: the judge says what is missing.
    let all = wait::until("the broker to hand over", within, async || {
        if let Some(first) = promised.first() {
            for stored in readings.stored_from(city, *first).await? {
                promised.remove(&stored);
            }
        }
        let letters = letters(city).await?;
        promised.retain(|number| !letters.iter().any(|letter| letter.is_reading(device, *number)));
        let found = |mark: &String| letters.iter().any(|letter| letter.raw.contains(mark.as_str()));
        Ok((promised.is_empty() && unreadable.iter().all(|mark| found(mark))).then_some(()))
    });
    let _late = all.await;
    Ok(())
}

/// The message numbers of a device that the server says never came.
async fn missing(city: &TestCity, device: &str) -> anyhow::Result<BTreeSet<u32>> {
    let answer = city.get(&format!("/v1/devices/{device}")).await?;
    let mut missing = BTreeSet::new();
    for gap in answer["missing"].as_array().into_iter().flatten() {
        let end = |key: &str| gap[key].as_u64().and_then(|number| u32::try_from(number).ok());
        let (first, last) = end("first").zip(end("last")).context("a gap without its ends")?;
        missing.extend(first..=last);
    }
    Ok(missing)
}

/// Every dead letter.
async fn letters(city: &TestCity) -> anyhow::Result<Vec<Letter>> {
    let mut letters = Vec::new();
    let mut path = "/v1/dead-letters?limit=1000".to_owned();
    loop {
        let page = city.get(&path).await?;
        for item in page["items"].as_array().context("no items")? {
            let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
            letters.push(Letter { device: text("device"), reason: text("reason"), raw: text("raw") });
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/dead-letters?limit=1000&cursor={next}"),
            None => return Ok(letters),
        }
    }
}
