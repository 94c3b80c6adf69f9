//! A real Chromium, driven through `tests/browser/driver.mjs`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::time::timeout;

use crate::process::Process;
use crate::tools;

/// How long the browser may take to start or to load a page, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser with one page or several; what is asked is asked of the one that was turned to last.
#[derive(Debug)]
pub struct Browser {
    page: usize,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    process: Process,
}

impl Browser {
    /// Starts one with a profile of its own below `dir`.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let root = tools::workspace();
        let mut command = Command::new(tools::find("node").context("node is not installed")?);
        command.arg(root.join("tests/browser/driver.mjs"));
        command.arg("--browser").arg(tools::chromium().context("chromium is not installed")?);
        command.arg("--profile").arg(dir.join("profile"));
        command.current_dir(&root).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start("browser", &mut command, &dir.join("browser.log"))?;
        let child = process.child();
        let commands = ChildStdin::from_std(child.stdin.take().context("no standard input")?)?;
        let answers = ChildStdout::from_std(child.stdout.take().context("no standard output")?)?;
        let mut browser = Self { page: 0, commands, answers: BufReader::new(answers).lines(), process };
        browser.answer(PATIENCE).await?;
        Ok(browser)
    }

    /// Turns to another page, counting from 0; the first [`Browser::open`] makes it.
    pub const fn turn(&mut self, page: usize) -> &mut Self {
        self.page = page;
        self
    }

    /// Presses keys, one after the other, in the names of `KeyboardEvent.key`: `1`, `Shift+Escape`.
    ///
    /// # Errors
    /// No such key.
    pub async fn press(&mut self, keys: &[&str]) -> anyhow::Result<()> {
        self.ask(json!({ "press": keys }), PATIENCE).await.map(drop)
    }

    /// Drags one element onto another with the pointer.
    ///
    /// # Errors
    /// One of them is not there.
    pub async fn drag(&mut self, from: &str, to: &str) -> anyhow::Result<()> {
        self.ask(json!({ "drag": [from, to] }), PATIENCE).await.map(drop)
    }

    /// Loses the answers to the page's next requests of this path: the server gets them, the page hears nothing.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn lose(&mut self, path: &str, times: u32) -> anyhow::Result<()> {
        self.ask(json!({ "lose": path, "times": times }), PATIENCE).await.map(drop)
    }

    /// What the page holds on to once the garbage is out: `heap` bytes of JavaScript, `nodes`, `listeners`, `documents`.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn weight(&mut self) -> anyhow::Result<Value> {
        Ok(self.ask(json!({ "weight": true }), PATIENCE).await?["value"].take())
    }

    /// From its next connection on the page hears this build of the server.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn pretend(&mut self, build: &str) -> anyhow::Result<()> {
        self.ask(json!({ "pretend": build }), PATIENCE).await.map(drop)
    }

    /// From its next load on a script of `tests/browser` runs before the page's own ones, or at the head of the one
    /// that lies at `with`.
    ///
    /// # Errors
    /// There is no such script.
    pub async fn tamper(&mut self, script: &str, with: Option<&str>) -> anyhow::Result<()> {
        self.ask(json!({ "tamper": script, "with": with }), PATIENCE).await.map(drop)
    }

    /// Closes the page, as somebody who switches a panel off; [`Browser::open`] makes a new one.
    ///
    /// # Errors
    /// It was not open.
    pub async fn close(&mut self) -> anyhow::Result<()> {
        self.ask(json!({ "close": true }), PATIENCE).await.map(drop)
    }

    /// Says that the person at the page prefers reduced motion, or does not.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn calm(&mut self, calm: bool) -> anyhow::Result<()> {
        self.ask(json!({ "calm": calm }), PATIENCE).await.map(drop)
    }

    /// What axe-core finds wrong with the page that is serious or critical.
    ///
    /// # Errors
    /// It does not run.
    pub async fn barriers(&mut self) -> anyhow::Result<Vec<Value>> {
        let found = self.ask(json!({ "axe": true }), PATIENCE).await?["value"].take();
        let grave = |barrier: &&Value| matches!(barrier["impact"].as_str(), Some("serious" | "critical"));
        Ok(found.as_array().context("axe gives no list")?.iter().filter(grave).cloned().collect())
    }

    /// Takes a picture of the page.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn picture(&mut self, file: &Path) -> anyhow::Result<()> {
        self.ask(json!({ "picture": file }), PATIENCE).await.map(drop)
    }

    /// Loads a page in a window of so many pixels.
    ///
    /// # Errors
    /// It does not load.
    pub async fn open(&mut self, url: &str, width: u32, height: u32) -> anyhow::Result<()> {
        self.ask(json!({ "open": url, "width": width, "height": height }), PATIENCE).await.map(drop)
    }

    /// The value of a JavaScript expression in the page.
    ///
    /// # Errors
    /// It throws.
    pub async fn eval(&mut self, script: &str) -> anyhow::Result<Value> {
        Ok(self.ask(json!({ "eval": script }), PATIENCE).await?["value"].take())
    }

    /// Waits until a JavaScript expression is true; gives its value and how long it took.
    ///
    /// # Errors
    /// It throws, or the deadline passed.
    pub async fn until(&mut self, script: &str, within: Duration) -> anyhow::Result<(Value, Duration)> {
        let ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        let mut answer = self.ask(json!({ "wait": script, "ms": ms }), within + PATIENCE).await?;
        let took = answer["ms"].as_f64().context("no time")?;
        Ok((answer["value"].take(), Duration::from_secs_f64(took / 1_000.0)))
    }

    /// Waits until the page shows the city.
    ///
    /// # Errors
    /// It did not within the deadline.
    pub async fn ready(&mut self, within: Duration) -> anyhow::Result<()> {
        self.until("!!window.__pantau && window.__pantau.report().seq > 0", within).await.map(drop)
    }

    /// What must not happen: dialogs, errors of the page, requests to somebody else.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn events(&mut self) -> anyhow::Result<Value> {
        Ok(self.ask(json!({ "events": true }), PATIENCE).await?["value"].take())
    }

    /// `window.__pantau.report()`.
    ///
    /// # Errors
    /// The page has none.
    pub async fn report(&mut self) -> anyhow::Result<Value> {
        self.eval("window.__pantau.report()").await
    }

    async fn ask(&mut self, mut command: Value, within: Duration) -> anyhow::Result<Value> {
        command["page"] = self.page.into();
        self.commands.write_all(format!("{command}\n").as_bytes()).await.context("the browser is gone")?;
        self.answer(within).await
    }

    async fn answer(&mut self, within: Duration) -> anyhow::Result<Value> {
        let line =
            timeout(within, self.answers.next_line()).await.context("the browser does not answer")??;
        let Some(line) = line else { bail!("the browser ended\n{}", self.process.tail()) };
        let answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => bail!("the browser says: {error}"),
            None => Ok(answer),
        }
    }
}
