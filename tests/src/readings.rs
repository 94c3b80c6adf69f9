//! Readings of a sensor, and what the store says of them.

use anyhow::Context;
use pantau_schemas::time::Timestamp;

use crate::city::TestCity;

/// A sensor that measures once a millisecond, numbered.
#[derive(Debug, Clone)]
pub struct Readings {
    device: &'static str,
    first: Timestamp,
}

impl Readings {
    /// Of a sensor, from half an hour ago on: new, and never in the future.
    #[must_use]
    pub fn of(device: &'static str) -> Self {
        let now = crate::time::now().millis();
        Self { device, first: Timestamp::from_millis(now - 1_800_000) }
    }

    /// Its topic.
    #[must_use]
    pub fn topic(&self) -> String {
        format!("pantau/1/metro/sensor/{}/tele/senml", self.device)
    }

    /// The reading of a number, whose value is the number.
    #[must_use]
    pub fn payload(&self, number: u32) -> String {
        let time = self.first.plus_millis(i64::from(number));
        format!(
            r#"[{{"bt":{}.{:03},"n":"water_level","u":"m","v":{number}}}]"#,
            time.millis() / 1000,
            time.millis() % 1000
        )
    }

    /// The same with the device's own message number, which is the number too.
    #[must_use]
    pub fn numbered(&self, number: u32) -> String {
        let plain = self.payload(number);
        plain.replacen(r#"[{"#, &format!(r#"[{{"x-pantau":{{"seq":{number}}},"#), 1)
    }

    /// What the store has: the numbers, in the order of time.
    ///
    /// # Errors
    /// No answer.
    pub async fn stored(&self, city: &TestCity) -> anyhow::Result<Vec<u32>> {
        self.stored_from(city, 0).await
    }

    /// The same from the reading of a number on.
    ///
    /// # Errors
    /// No answer.
    pub async fn stored_from(&self, city: &TestCity, number: u32) -> anyhow::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        let mut from = self.first.plus_millis(i64::from(number)).to_string();
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
