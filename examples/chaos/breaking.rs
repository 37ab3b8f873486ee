//! Carries out the plan.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, spawn_blocking};

use crate::Failure;
use crate::balancer::Balancer;
use crate::link::Link;
use crate::nodes::Node;
use crate::plan::{Fault, Planned};
use crate::postgres::{Bouncer, Postgres};

/// How long a node may take to be ready again.
const READY_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What can be broken.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) nodes: Vec<Node>,
    pub(crate) to_database: Vec<Link>,
    pub(crate) to_provider: Vec<Link>,
    pub(crate) postgres: Option<Postgres>,
    pub(crate) bouncer: Option<Bouncer>,
    pub(crate) balancer: Balancer,
    /// One thing at a time happens to the database.
    pub(crate) database: tokio::sync::Mutex<()>,
}

/// What was broken.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    /// By kind.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// When nodes were killed.
    pub(crate) kills: Vec<Instant>,
    /// When there was no node, from and to.
    pub(crate) without_nodes: Vec<(Instant, Instant)>,
    /// Nodes that were told to end, and those of them that did.
    pub(crate) told_to_end: usize,
    pub(crate) ended_well: usize,
    /// What could not be done.
    pub(crate) skipped: Vec<String>,
}

type Shared = Arc<Mutex<Broken>>;

fn noted(broken: &Shared) -> MutexGuard<'_, Broken> {
    broken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Breaks things as planned; on return all is whole again.
pub(crate) async fn carry_out(plan: &[Planned], start: Instant, target: &Arc<Target>) -> Result<Broken, Failure> {
    let broken = Shared::default();
    let mut tasks = JoinSet::new();
    for planned in plan.iter().copied() {
        let (target, broken) = (Arc::clone(target), Arc::clone(&broken));
        tasks.spawn(async move {
            tokio::time::sleep_until((start + planned.at).into()).await;
            let done = happen(planned.fault, &target, &broken).await.map_err(|error| error.to_string());
            let mut noted = noted(&broken);
            match done {
                Ok(true) => *noted.counts.entry(planned.fault.kind()).or_default() += 1,
                Ok(false) => {
                    eprintln!("chaos: SKIPPED {planned}");
                    noted.skipped.push(planned.to_string());
                }
                Err(error) => return Err(format!("{planned}: {error}")),
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.map_err(|error| error.to_string())??;
    }
    Ok(std::mem::take(&mut *noted(&broken)))
}

/// Whether it could be done.
async fn happen(fault: Fault, target: &Arc<Target>, broken: &Shared) -> Result<bool, Failure> {
    let link = |links: &[Link], node: usize| links.get(node).cloned().ok_or("no such link");
    match fault {
        Fault::KillNode { node, down } => {
            let at = on_node(target, node, move |node| node.kill(down).map_err(|error| error.to_string())).await?;
            noted(broken).kills.push(at);
        }
        Fault::PauseNode { node, how_long } => {
            on_node(target, node, move |node| {
                node.pause(how_long);
                Ok(())
            })
            .await?;
        }
        Fault::RollingRestart => rolling_restart(target, broken).await?,
        Fault::FleetDown { how_long } => fleet_down(target, broken, how_long).await?,
        Fault::CutAtWrite { node, has_arrived } => link(&target.to_database, node)?.cut_next_write(has_arrived),
        Fault::CutDatabase { node } => link(&target.to_database, node)?.cut(),
        Fault::CutProvider { node } => link(&target.to_provider, node)?.cut(),
        Fault::SlowDatabase { node, by, how_long } => slow(&link(&target.to_database, node)?, by, how_long).await,
        Fault::SlowProvider { node, by, how_long } => slow(&link(&target.to_provider, node)?, by, how_long).await,
        Fault::SilentDatabase { node, how_long } => silent(&link(&target.to_database, node)?, how_long).await,
        Fault::SilentProvider { node, how_long } => silent(&link(&target.to_provider, node)?, how_long).await,
        Fault::KillPostgres { .. } | Fault::KillBackend { .. } | Fault::RestartBouncer | Fault::FullDisk { .. } => {
            return to_database(fault, target).await;
        }
    }
    Ok(true)
}

async fn to_database(fault: Fault, target: &Arc<Target>) -> Result<bool, Failure> {
    let _one = target.database.lock().await;
    let target = Arc::clone(target);
    let act = move || -> Result<bool, String> {
        let told = |error: Failure| error.to_string();
        let Some(postgres) = &target.postgres else { return Ok(false) };
        match fault {
            Fault::KillPostgres { down } => postgres.kill(down).map(|()| true).map_err(told),
            Fault::KillBackend { which } => postgres.kill_backend(which).map_err(told),
            Fault::FullDisk { how_long } if postgres.log_is_apart => {
                postgres.fill_disk(how_long).map(|()| true).map_err(told)
            }
            Fault::RestartBouncer => match &target.bouncer {
                Some(bouncer) => bouncer.restart().map(|()| true).map_err(told),
                None => Ok(false),
            },
            _ => Ok(false),
        }
    };
    Ok(spawn_blocking(act).await??)
}

async fn on_node<R: Send + 'static>(
    target: &Arc<Target>,
    at: usize,
    act: impl FnOnce(&Node) -> Result<R, String> + Send + 'static,
) -> Result<R, Failure> {
    let target = Arc::clone(target);
    let act = move || target.nodes.get(at).ok_or_else(|| "no such node".to_owned()).and_then(act);
    Ok(spawn_blocking(act).await??)
}

async fn slow(link: &Link, by: Duration, how_long: Duration) {
    link.delay(by);
    tokio::time::sleep(how_long).await;
    link.delay(Duration::ZERO);
}

async fn silent(link: &Link, how_long: Duration) {
    link.silence(true);
    tokio::time::sleep(how_long).await;
    link.silence(false);
}

/// One node after another, each when the one before is ready again: as a deployment does.
async fn rolling_restart(target: &Arc<Target>, broken: &Shared) -> Result<(), Failure> {
    for at in 0..target.nodes.len() {
        let well = on_node(target, at, |node| node.restart().map_err(|error| error.to_string())).await?;
        {
            let mut noted = noted(broken);
            noted.told_to_end += 1;
            noted.ended_well += usize::from(well);
        }
        let until = Instant::now() + READY_WITHIN;
        while !target.balancer.is_ready(at) && Instant::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Ok(())
}

async fn fleet_down(target: &Arc<Target>, broken: &Shared, how_long: Duration) -> Result<(), Failure> {
    let from = Instant::now();
    let mut all = JoinSet::new();
    for at in 0..target.nodes.len() {
        let target = Arc::clone(target);
        all.spawn(async move {
            let killed = on_node(&target, at, move |node| node.kill(how_long).map_err(|error| error.to_string())).await;
            killed.map_err(|error| error.to_string())
        });
    }
    while let Some(killed) = all.join_next().await {
        killed??;
    }
    noted(broken).without_nodes.push((from, Instant::now()));
    Ok(())
}
