//! Agencies that post events and operators who give commands, each until it is answered.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::history::{History, OpId, What};
use crate::dice::Dice;
use crate::http;
use crate::webhook::{FOREIGN_KEY, Post, complaint};

/// When somebody who got no answer comes again.
const COME_AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(300));

/// Somebody who wants something of the server by HTTP.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) server: SocketAddr,
    pub(super) per_second: u32,
    pub(super) dice: Dice,
    pub(super) history: History,
    pub(super) stop: watch::Receiver<bool>,
}

/// An answer, as far as a promise goes.
enum Answer {
    Yes,
    No(String),
    None(String),
}

impl Person {
    /// Posts complaints one after another, each until it is answered with 202; now and then a forged one.
    pub(super) async fn agency(mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut number = 0_u32;
        while !*self.stop.borrow() {
            let ticket = format!("LPR-{}-{number:06}", self.name);
            number += 1;
            if self.dice.below(32) == 0 {
                let event = complaint(&format!("{ticket}-palsu"), "Ditandatangani orang lain").to_string();
                let op = self.history.invoke(What::Forged { ticket: format!("{ticket}-palsu") });
                let post = Post { key: FOREIGN_KEY.to_vec(), ..Post::new(event) };
                match answer(post.send(self.server).await, 202) {
                    Answer::Yes => self.history.ok(op),
                    Answer::No(why) => self.history.failed(op, &why),
                    Answer::None(why) => self.history.unknown(op, &why),
                }
            }
            let event = complaint(&ticket, "Lubang besar depan SDN 3").to_string();
            let op = self.history.invoke(What::Event { ticket });
            self.insist(op, &Wish::Event(event)).await;
            self.rest(began, number).await;
        }
        Ok(())
    }

    /// Gives a command after another, each until it is answered with 200.
    pub(super) async fn operator(mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut number = 0_u32;
        while !*self.stop.borrow() {
            number += 1;
            let (high, low) = (self.dice.roll(), self.dice.roll());
            let id = format!(
                "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                low >> 48 & 0xfff,
                low & 0xffff_ffff_ffff
            );
            let command =
                json!({ "kind": "screen_change", "screen": "main", "name": format!("Dinding {number}") });
            let body = Bytes::from(json!({ "id": id, "command": command }).to_string());
            let op = self.history.invoke(What::Command { id });
            self.insist(op, &Wish::Command(body)).await;
            self.rest(began, number).await;
        }
        Ok(())
    }

    /// Waits until the next one is due: not at all where an answer came late.
    async fn rest(&mut self, began: Instant, number: u32) {
        let each = Duration::from_secs(1) / self.per_second.max(1);
        let due = began + each * number + self.dice.time(Duration::ZERO, each / 2);
        sleep_until(due).await;
    }

    /// Asks the same until there is an answer.
    async fn insist(&mut self, op: OpId, wish: &Wish) {
        loop {
            match wish.ask(self.server).await {
                Answer::Yes => return self.history.ok(op),
                Answer::No(why) => return self.history.failed(op, &why),
                Answer::None(why) => self.history.unknown(op, &why),
            }
            sleep(self.dice.time(COME_AGAIN.0, COME_AGAIN.1)).await;
            self.history.again(op);
        }
    }
}

/// What somebody wants.
#[derive(Debug)]
enum Wish {
    /// This event taken in.
    Event(String),
    /// This command carried out.
    Command(Bytes),
}

impl Wish {
    async fn ask(&self, server: SocketAddr) -> Answer {
        match self {
            // Signed anew: a signature holds for five minutes. A server whose clock is wrong takes none of them.
            Self::Event(event) => match Post::new(event.clone()).send(server).await {
                Ok(answer) if answer.status.as_u16() == 401 => Answer::None(answer.status.to_string()),
                came => answer(came, 202),
            },
            Self::Command(body) => {
                let request = Request::post("/v1/commands").header("content-type", "application/json");
                answer(http::send(server, request, body.clone()).await, 200)
            }
        }
    }
}

fn answer(came: anyhow::Result<http::Answer>, wanted: u16) -> Answer {
    match came {
        Ok(answer) if answer.status.as_u16() == wanted => Answer::Yes,
        // Not now: the same may be asked again. None of them sends too much: a 429 is somebody else's.
        Ok(answer) if answer.status.is_server_error() => Answer::None(answer.status.to_string()),
        Ok(answer) => Answer::No(format!("{}: {}", answer.status, answer.text())),
        Err(error) => Answer::None(format!("{error:#}")),
    }
}
