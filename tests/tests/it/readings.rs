//! Readings of a sensor, and what the store says of them.

use anyhow::Context;
use pantau_schemas::time::Timestamp;
use pantau_tests::city::TestCity;

/// A sensor that measures once a millisecond, numbered.
pub(crate) struct Readings {
    device: &'static str,
    first: Timestamp,
}

impl Readings {
    /// Of a sensor, from half an hour ago on: new, and never in the future.
    pub(crate) fn of(device: &'static str) -> Self {
        let now = pantau_tests::time::now().millis();
        Self { device, first: Timestamp::from_millis(now - 1_800_000) }
    }

    /// Its topic.
    pub(crate) fn topic(&self) -> String {
        format!("pantau/1/metro/sensor/{}/tele/senml", self.device)
    }

    /// The reading of a number, whose value is the number.
    pub(crate) fn payload(&self, number: u32) -> String {
        let time = self.first.plus_millis(i64::from(number));
        format!(
            r#"[{{"bt":{}.{:03},"n":"water_level","u":"m","v":{number}}}]"#,
            time.millis() / 1000,
            time.millis() % 1000
        )
    }

    /// What the store has: the numbers, in the order of time.
    pub(crate) async fn stored(&self, city: &TestCity) -> anyhow::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        let mut from = self.first.to_string();
        loop {
            let path = format!("/v1/series/{}%2Fwater_level/samples?limit=1000&from={from}", self.device);
            let page = city.get(&path).await?;
            for item in page["items"].as_array().context("no items")? {
                let value = item["value"].as_f64().context("no value")?;
                numbers.push(value as u32);
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut from),
                None => return Ok(numbers),
            }
        }
    }
}
