//! What happens in the agencies, one event after the other: complaints that are taken up, answered and closed,
//! proposals, money, applications, notes.
//!
//! The same seed tells the same story; only the times and the numbers of the tickets are those of the run, so
//! that two runs into one database do not claim the same identities.

use std::collections::VecDeque;
use std::sync::Arc;

use pantau_schemas::registry::Registry;
use pantau_schemas::time::Timestamp;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::words::{
    CHANNELS, LONG_WORD, NAMES, NASTY, NOTES, PROPOSALS, REASONS, STREETS, SUBJECTS, Subject, WORKS,
};
use crate::sim::registry::CITY;

/// Complaints and proposals that still go on; the oldest is forgotten when there are more.
const MOST_OPEN: usize = 500;
/// One complaint in this many tries to break a page.
const NASTY_EVERY: u32 = 9;
/// The centre of the city.
const CENTRE: [f64; 2] = [-5.1139, 105.3067];
/// Degrees around it in which people live.
const REACH: f64 = 0.035;

const STEPS: [&str; 4] = ["assigned", "responded", "feedback_sent", "closed"];

struct Ticket {
    id: String,
    subject: &'static Subject,
    /// Events so far; part of the identity of the next.
    events: usize,
    /// The next of [`STEPS`]; past the last when it is closed.
    stage: usize,
}

struct Proposal {
    id: String,
    title: &'static str,
    forwarded: bool,
}

/// The story so far.
pub(super) struct Story {
    registry: Arc<Registry>,
    random: SmallRng,
    run: String,
    number: u32,
    complaints: u32,
    open: VecDeque<Ticket>,
    proposals: VecDeque<Proposal>,
}

/// One of a list that is never empty.
fn any<T: Copy>(random: &mut SmallRng, list: &[T], otherwise: T) -> T {
    list.choose(random).copied().unwrap_or(otherwise)
}

impl Story {
    pub(super) fn new(registry: Arc<Registry>, seed: u64, start: Timestamp) -> Self {
        // The year, and the second of this decade as six letters: short enough for a ticket that is read aloud.
        let text = start.to_string();
        let year = text.split('-').next().unwrap_or_default();
        let run = format!("{year}-{:X}", start.millis().div_euclid(1000).rem_euclid(1 << 28));
        Self {
            registry,
            random: SmallRng::seed_from_u64(seed),
            run,
            number: 0,
            complaints: 0,
            open: VecDeque::new(),
            proposals: VecDeque::new(),
        }
    }

    /// What happens next.
    pub(super) fn next(&mut self, now: Timestamp) -> Value {
        self.number += 1;
        match self.random.random_range(0..100) {
            0..40 => self.complaint(now),
            40..75 => self.step(now),
            75..82 => self.proposal(now),
            82..88 => self.money(now),
            88..94 => self.application(now),
            _ => self.note(now),
        }
    }

    fn event(source: &str, id: &str, kind: &str, subject: &str, now: Timestamp, data: Value) -> Value {
        json!({
            "specversion": "1.0", "id": id, "source": format!("/{CITY}/{source}"),
            "type": format!("id.pantau.{kind}.v1"), "subject": subject, "time": now,
            "datacontenttype": "application/json", "data": data,
        })
    }

    fn ticket(&self, prefix: &str) -> String {
        format!("{prefix}-{}-{:04}", self.run, self.number)
    }

    fn complaint(&mut self, now: Timestamp) -> Value {
        self.complaints += 1;
        let id = self.ticket("LPR");
        let [first, ..] = &SUBJECTS;
        let subject = SUBJECTS.choose(&mut self.random).unwrap_or(first);
        let description = if self.complaints.is_multiple_of(NASTY_EVERY) {
            self.nasty()
        } else {
            any(&mut self.random, subject.texts, subject.name).to_owned()
        };
        let [lat, long] = CENTRE.map(|degrees| degrees + self.random.random_range(-REACH..REACH));
        let contact = format!("08{:010}", self.random.random_range(1_000_000_000u64..9_999_999_999));
        let data = json!({
            "service_request_id": id, "service_code": subject.code, "service_name": subject.name,
            "description": description, "agency": subject.agency,
            "address": any(&mut self.random, &STREETS, "Metro"), "lat": round(lat), "long": round(long),
            "channel": any(&mut self.random, &CHANNELS, "web"), "requested_datetime": now,
            "reporter": {"name": any(&mut self.random, &NAMES, "Warga"), "contact": contact},
        });
        let event = Self::event(
            "dinkominfo/lapor",
            &format!("{id}/1"),
            "complaint.received",
            &format!("complaint/{id}"),
            now,
            data,
        );
        self.open.push_back(Ticket { id, subject, events: 1, stage: 0 });
        if self.open.len() > MOST_OPEN {
            self.open.pop_front();
        }
        event
    }

    fn nasty(&mut self) -> String {
        let turn = usize::try_from(self.complaints / NASTY_EVERY).unwrap_or(0) % (NASTY.len() + 1);
        match NASTY.get(turn) {
            Some(text) => (*text).to_owned(),
            None => LONG_WORD.0.repeat(LONG_WORD.1),
        }
    }

    /// The next step of a complaint, older ones first; without one, a new complaint.
    fn step(&mut self, now: Timestamp) -> Value {
        let near = self.open.len().min(12);
        if near == 0 {
            return self.complaint(now);
        }
        let place = self.random.random_range(0..near);
        let Some(mut ticket) = self.open.remove(place) else { return self.complaint(now) };
        ticket.events += 1;
        let step = STEPS.get(ticket.stage).copied().unwrap_or("reopened");
        ticket.stage = if step == "reopened" { 0 } else { ticket.stage + 1 };
        let notes = match step {
            "assigned" => "Diteruskan ke tim TPKPM.",
            "responded" => "Petugas meninjau lokasi hari ini.",
            "feedback_sent" => "Warga sudah dihubungi.",
            "reopened" => "Warga melaporkan masalah yang sama.",
            _ => "Selesai.",
        };
        let data = json!({
            "service_request_id": ticket.id, "agency": ticket.subject.agency, "status_notes": notes,
            "updated_datetime": now,
        });
        let event = Self::event(
            "dinkominfo/lapor",
            &format!("{}/{}", ticket.id, ticket.events),
            &format!("complaint.{step}"),
            &format!("complaint/{}", ticket.id),
            now,
            data,
        );
        // One closed complaint in eight is opened again, and then goes its way to the end.
        if step != "closed" || self.random.random_range(0..8) == 0 {
            self.open.push_back(ticket);
        }
        event
    }

    fn proposal(&mut self, now: Timestamp) -> Value {
        let waiting = self.proposals.len();
        if waiting < 3 || self.random.random_range(0..2) == 0 && waiting < MOST_OPEN {
            let id = self.ticket("USL");
            let title = any(&mut self.random, &PROPOSALS, "Usulan warga");
            let data = json!({
                "service_request_id": id, "title": title, "description": format!("{title}, swadaya warga siap."),
                "agency": "bapeda", "media_url": format!("https://musrenbang.contoh.invalid/foto/{id}.jpg"),
                "lat": round(CENTRE[0]), "long": round(CENTRE[1]),
            });
            let event = Self::event(
                "bapeda/e-musrenbang",
                &format!("{id}/1"),
                "proposal.submitted",
                &format!("proposal/{id}"),
                now,
                data,
            );
            self.proposals.push_back(Proposal { id, title, forwarded: false });
            return event;
        }
        let Some(mut proposal) = self.proposals.pop_front() else { return self.note(now) };
        let word = if !proposal.forwarded {
            "forwarded"
        } else {
            any(&mut self.random, &["accepted", "rejected", "deferred"], "deferred")
        };
        let mut data =
            json!({"service_request_id": proposal.id, "title": proposal.title, "agency": "bapeda"});
        if word == "rejected" {
            data["reason"] = json!(any(&mut self.random, &REASONS, "Lihat berita acara."));
        }
        let id = format!("{}/{word}", proposal.id);
        let event = Self::event(
            "bapeda/e-musrenbang",
            &id,
            &format!("proposal.{word}"),
            &format!("proposal/{}", proposal.id),
            now,
            data,
        );
        if !proposal.forwarded {
            proposal.forwarded = true;
            self.proposals.push_back(proposal);
        }
        event
    }

    fn money(&mut self, now: Timestamp) -> Value {
        let kinds = [
            "plan.item",
            "budget.line",
            "budget.realised",
            "budget.accounted",
            "contract.signed",
            "contract.paid",
        ];
        let kind = any(&mut self.random, &kinds, "budget.line");
        let id = self.ticket("KEU");
        // Whole thousands, as budgets are written.
        let amount = self.random.random_range(15_000u64..2_400_000) * 1000;
        let title = any(&mut self.random, &WORKS, "Pekerjaan");
        let source = if kind.starts_with("contract") { "putr/e-kontrak" } else { "bpkad/sipkd" };
        let data = json!({"title": title, "amount": amount, "agency": if kind == "plan.item" { "bapeda" } else { "bpkad" }});
        Self::event(source, &id, kind, &format!("activity/{id}"), now, data)
    }

    fn application(&mut self, now: Timestamp) -> Value {
        let count = self.registry.apps.len().max(1);
        let place = self.random.random_range(0..count);
        let Some(app) = self.registry.apps.keys().nth(place).map(ToString::to_string) else {
            return self.note(now);
        };
        let up = self.random.random_range(0..6) > 0;
        let http = if up { 200 } else { any(&mut self.random, &[500, 502, 503], 500) };
        let id = self.ticket("APP");
        Self::event(
            "dinkominfo/monitor",
            &id,
            "app.health",
            &format!("app/{app}"),
            now,
            json!({"app": app, "up": up, "http": http}),
        )
    }

    fn note(&mut self, now: Timestamp) -> Value {
        let agency =
            any(&mut self.random, &["dishub", "dlh", "dinkominfo", "disdukcapil", "bpbd"], "dinkominfo");
        let id = self.ticket("CTT");
        let data = json!({"title": any(&mut self.random, &NOTES, "Catatan."), "agency": agency});
        Self::event(&format!("{agency}/catatan"), &id, "agency.note", &format!("agency/{agency}"), now, data)
    }
}

fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::sim::registry::{Plan, Size};

    fn tell(seed: u64, count: usize) -> Vec<Value> {
        let registry = Arc::new(Plan::new(Size::default()).unwrap().registry);
        let now: Timestamp = "2026-11-22T04:05:31Z".parse().unwrap();
        let mut story = Story::new(registry, seed, now);
        (0..count).map(|_| story.next(now)).collect()
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        assert_eq!(tell(3, 200), tell(3, 200));
        assert_ne!(tell(3, 20), tell(4, 20));
    }

    #[test]
    fn every_event_has_an_identity_of_its_own() {
        let events = tell(1, 3000);
        let keys: BTreeSet<_> =
            events.iter().map(|event| (event["source"].to_string(), event["id"].to_string())).collect();
        assert_eq!(keys.len(), events.len());
    }

    #[test]
    fn agencies_are_those_of_the_registry_and_the_rules_of_the_contract_hold() {
        let registry = Plan::new(Size::default()).unwrap().registry;
        let mut kinds = BTreeSet::new();
        for event in tell(5, 3000) {
            let (kind, data) = (event["type"].as_str().unwrap().to_owned(), &event["data"]);
            if let Some(agency) = data["agency"].as_str() {
                assert!(registry.agencies.contains_key(agency), "{agency}");
            }
            match kind.as_str() {
                "id.pantau.proposal.submitted.v1" => assert!(data["media_url"].is_string()),
                "id.pantau.proposal.rejected.v1" => {
                    assert!(!data["reason"].as_str().unwrap().trim().is_empty())
                }
                "id.pantau.budget.line.v1" => assert!(data["amount"].is_u64()),
                _ => {}
            }
            kinds.insert(kind);
        }
        assert!(kinds.len() >= 17, "{kinds:?}");
    }

    #[test]
    fn a_page_is_given_something_to_survive() {
        let texts: Vec<String> = tell(1, 3000)
            .iter()
            .filter_map(|event| event["data"]["description"].as_str().map(str::to_owned))
            .collect();
        for part in ["<script>", "\u{202E}", "\u{200B}"] {
            assert!(texts.iter().any(|text| text.contains(part)), "{part:?}");
        }
        assert!(texts.iter().any(|text| text.len() >= 4000));
    }
}
