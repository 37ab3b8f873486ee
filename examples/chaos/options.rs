//! What the run is to be.

use crate::Failure;

pub(crate) const USAGE: &str = "\
scripts/chaos [options]
  --node-kills N        kills of a node (100)
  --postgres-kills N    kills of the database server (20)
  --restarts N          rolling restarts of all nodes (10)
  --seed S              decides the plan and the people (1)
  --calls-per-minute R  callers who arrive (90)
  --agents N            agents who serve them (40)
  --memory              one node, kept in memory and never killed: to try out the rig itself, as long as --seconds
  --seconds N           how long, at least (40)";

/// The command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) node_kills: usize,
    pub(crate) postgres_kills: usize,
    pub(crate) restarts: usize,
    pub(crate) seed: u64,
    pub(crate) calls_per_minute: u32,
    pub(crate) agents: usize,
    pub(crate) memory: bool,
    pub(crate) seconds: u64,
}

/// Reads the command line; `None`: help is wanted.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, Failure> {
    let mut options = Options {
        node_kills: 100,
        postgres_kills: 20,
        restarts: 10,
        seed: 1,
        calls_per_minute: 90,
        agents: 40,
        memory: false,
        seconds: 40,
    };
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--memory" => {
                options.memory = true;
                continue;
            }
            _ => {}
        }
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let wrong = |_| format!("{name} {value}: it is a whole number");
        match name.as_str() {
            "--node-kills" => options.node_kills = value.parse().map_err(wrong)?,
            "--postgres-kills" => options.postgres_kills = value.parse().map_err(wrong)?,
            "--restarts" => options.restarts = value.parse().map_err(wrong)?,
            "--seed" => options.seed = value.parse().map_err(wrong)?,
            "--calls-per-minute" => options.calls_per_minute = value.parse().map_err(wrong)?,
            "--agents" => options.agents = value.parse().map_err(wrong)?,
            "--seconds" => options.seconds = value.parse().map_err(wrong)?,
            _ => return Err(format!("unknown option {name}\n\n{USAGE}").into()),
        }
    }
    if options.calls_per_minute == 0 || options.agents == 0 {
        return Err("--calls-per-minute and --agents are above 0: nothing would be tried".into());
    }
    Ok(Some(options))
}
