//! Runs plans of the simulated world, one seed after another, on all cores, until so many calls have been simulated.
//! `scripts/soak --calls N --seed S` builds and runs it.
//!
//! The last line is one JSON object. Exit code 1: a caller was lost or an invariant broken; the plan, made as small as it still
//! fails, is printed with the command that runs it again.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use switchboard::sim::{Plan, PlanReport, Planned, Profile};

/// What is asked for.
struct Asked {
    calls: u64,
    seed: u64,
    threads: usize,
    profile: Profile,
    plan: Option<Plan>,
    goes_on: bool,
}

fn asked() -> Result<Asked, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut asked =
        Asked { calls: 10_000, seed: 0, threads: cores, profile: Profile::Rough, plan: None, goes_on: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--keep-going" {
            asked.goes_on = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{word} needs a number, and {value:?} is none"));
        match word.as_str() {
            "--calls" => asked.calls = number()?,
            "--seed" => asked.seed = number()?,
            "--threads" => asked.threads = usize::try_from(number()?.max(1)).unwrap_or(1),
            "--profile" => {
                asked.profile = match value.as_str() {
                    "quiet" => Profile::Quiet,
                    "rough" => Profile::Rough,
                    "rewinds" => Profile::Rewinds,
                    _ => return Err(format!("{value:?} is no profile: quiet, rough or rewinds")),
                };
            }
            "--plan" => asked.plan = Some(value.parse().map_err(|error| format!("{error}"))?),
            _ => return Err(format!("{word} is unknown: --calls, --seed, --threads, --profile, --plan, --keep-going")),
        }
    }
    Ok(asked)
}

#[derive(Default)]
struct Sum {
    seeds: u64,
    calls: u64,
    joined: u64,
    lost: u64,
    silenced: u64,
    violations: u64,
    steps: u64,
    twice: u64,
    faults: BTreeMap<&'static str, u64>,
    reached: BTreeMap<&'static str, u64>,
    /// Rules of which a failure has been shown.
    shown: BTreeSet<String>,
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Sum {
    fn add(&mut self, report: &PlanReport) {
        self.seeds += 1;
        self.calls += count(report.calls);
        self.joined += count(report.joined);
        self.lost += count(report.lost.len());
        self.silenced += count(report.silenced);
        self.violations += count(report.violations.len());
        self.steps += report.steps;
        for (kind, times) in report.faults_by_kind() {
            *self.faults.entry(kind.word()).or_default() += times;
        }
        for (situation, times) in &report.reached {
            *self.reached.entry(situation).or_default() += times;
        }
    }

    fn line(&self, asked: &Asked, seconds: f64) -> String {
        let faults: u64 = self.faults.values().sum();
        let line = serde_json::json!({
            "seeds": self.seeds, "first_seed": asked.seed, "calls": self.calls, "joined": self.joined, "lost": self.lost,
            "silenced_by_outages": self.silenced, "violations": self.violations, "faults_injected": faults,
            "faults": self.faults, "reached": self.reached, "run_twice": self.twice, "steps": self.steps,
            "seconds": (seconds * 10.0).round() / 10.0,
        });
        line.to_string()
    }
}

/// Runs that making a plan smaller may take.
const SHRINK_RUNS: u32 = 300;

/// Shows what failed: the plan as it was drawn, and what is left of it when it is made as small as it still fails.
fn show(plan: &Plan) {
    println!("FAILED plan: {plan}");
    let Some((plan, report)) = Planned::from(plan.clone()).shrunk(SHRINK_RUNS) else { return };
    println!("smallest: {plan}");
    for event in report.faults.iter().take(40) {
        println!("  {} {} number {}", event.at, event.kind, event.index);
    }
    for violation in report.violations.iter().take(8) {
        println!("  {violation}");
    }
    for lost in report.lost.iter().take(8) {
        println!("  I-29: {lost:?}");
    }
    print!("{}", report.story);
    println!("again: scripts/soak --plan '{plan}'");
}

fn one(plan: &Plan) -> ExitCode {
    let report = plan.run();
    if report.is_good() {
        println!("good: {plan}\n{} calls, {} joined, {} faults", report.calls, report.joined, report.faults.len());
        return ExitCode::SUCCESS;
    }
    show(plan);
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    if let Some(plan) = &asked.plan {
        return one(plan);
    }
    let began = Instant::now();
    let (next, calls, stop) = (AtomicU64::new(asked.seed), AtomicU64::new(0), AtomicBool::new(false));
    let sum = Mutex::new(Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..asked.threads {
            scope.spawn(|| {
                while calls.load(Ordering::Relaxed) < asked.calls && !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let plan = Plan::drawn(seed, asked.profile);
                    let report = plan.run();
                    calls.fetch_add(count(report.calls), Ordering::Relaxed);
                    // V-3: one in a hundred runs twice.
                    let again = (seed % 100 == 0).then(|| plan.run().fingerprint);
                    let mut sum = sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    sum.add(&report);
                    if let Some(again) = again {
                        sum.twice += 1;
                        if again != report.fingerprint {
                            println!("FAILED plan: {plan}\n  V-3: two runs of it differ");
                            sum.violations += 1;
                        }
                    }
                    if let Some(rule) = report.broken()
                        && sum.shown.insert(rule.to_owned())
                    {
                        show(&plan);
                    }
                    if !report.is_good() && !asked.goes_on {
                        stop.store(true, Ordering::Relaxed);
                    }
                    if sum.seeds % 250 == 0 {
                        println!("{}", sum.line(&asked, began.elapsed().as_secs_f64()));
                    }
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!("{}", sum.line(&asked, began.elapsed().as_secs_f64()));
    if sum.lost + sum.violations > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
