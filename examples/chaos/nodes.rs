//! The nodes: processes that are killed, stopped and started again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::postgres::{free_port, let_pass, signal};

/// How long an orderly end may take before it counts as none.
const END_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How nodes are started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) output: PathBuf,
}

/// One of them. What is done to it waits for what is being done to it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    setup: Setup,
    process: Mutex<Option<Child>>,
}

/// A place for a node.
pub(crate) fn address() -> std::io::Result<SocketAddr> {
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?)))
}

impl Node {
    /// A node that has been started; it may not be ready yet.
    pub(crate) fn start(address: SocketAddr, setup: Setup) -> Result<Self, Failure> {
        let node = Self { address, setup, process: Mutex::default() };
        *node.process() = Some(node.spawn()?);
        Ok(node)
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self) -> Result<Child, Failure> {
        let output = fs::OpenOptions::new().create(true).append(true).open(&self.setup.output)?;
        let mut command = Command::new(&self.setup.program);
        command.arg("--listen").arg(self.address.to_string()).args(&self.setup.arguments);
        command.envs(self.setup.environment.iter().map(|(name, value)| (*name, value.as_str())));
        Ok(command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).spawn()?)
    }

    /// Kills it, and starts it again after `down`. Gives when it was killed. Blocks.
    pub(crate) fn kill(&self, down: Duration) -> Result<Instant, Failure> {
        let mut process = self.process();
        let at = Instant::now();
        if let Some(mut child) = process.take() {
            child.kill()?;
            child.wait()?;
        }
        let_pass(down);
        *process = Some(self.spawn()?);
        Ok(at)
    }

    /// Stops it for `how_long`, as a machine does that is paused: it goes on as if nothing had been. Blocks.
    pub(crate) fn pause(&self, how_long: Duration) {
        let process = self.process();
        let Some(child) = process.as_ref() else { return };
        signal("STOP", child.id());
        let_pass(how_long);
        signal("CONT", child.id());
    }

    /// Ends it in order, and starts it again. Says whether it ended by itself, and well. Blocks.
    pub(crate) fn restart(&self) -> Result<bool, Failure> {
        let mut process = self.process();
        let mut is_well = false;
        if let Some(mut child) = process.take() {
            signal("TERM", child.id());
            let until = Instant::now() + END_WITHIN;
            let ended = loop {
                match child.try_wait()? {
                    Some(status) => break Some(status),
                    None if Instant::now() > until => break None,
                    None => let_pass(LOOK_EVERY),
                }
            };
            is_well = ended.is_some_and(|status| status.success());
            if ended.is_none() {
                child.kill()?;
                child.wait()?;
            }
        }
        *process = Some(self.spawn()?);
        Ok(is_well)
    }

    /// Whether it runs: a node never ends by itself.
    pub(crate) fn runs(&self) -> bool {
        self.process().as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.process().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
