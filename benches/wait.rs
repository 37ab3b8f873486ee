//! How well waits are foretold: each way on each setting, in one run of the production floor. One JSON line for each.
//!
//! `cargo bench --bench wait` plays 60,000 customers a setting; `-- 400000 100` plays as many, with 100 plays for each estimate.
//! `below_the_best_other` is by how much what is told errs less than the best of the ways that are not ours; `below_shares` the same
//! against our own formula, which in a line of one class is the queue-length rule with our better estimate of the handle time.
//!
//! Exits with 1 if another way than ours is the one with the smallest error somewhere.

#[path = "wait/settings.rs"]
mod settings;

use std::process::ExitCode;

use settings::{Row, all, measure};
use switchboard::forecast::Predictor;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<usize>().ok());
    let (customers, plays) = (numbers.next().unwrap_or(60_000), numbers.next().unwrap_or(100));
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-') && word.parse::<usize>().is_err());
    let mut worst = f64::INFINITY;
    for setting in all() {
        if only.as_ref().is_some_and(|only| !setting.name.contains(only)) {
            continue;
        }
        let began = std::time::Instant::now();
        let measured = measure(&setting, customers, plays, 1);
        let seconds = began.elapsed().as_secs_f64();
        let line = |name: &str, row: &Row| {
            println!(
                r#"{{"setting":"{}","predictor":"{name}","n":{},"wait_s":{:.1},"bias_s":{:.1},"mae_s":{:.1},"rmse_s":{:.2},"within":{:.3}}}"#,
                setting.name, row.n, row.wait_s, row.bias_s, row.mae_s, row.rmse_s, row.within
            );
        };
        for (predictor, row) in &measured.rows {
            line(predictor.name(), row);
        }
        line("told", &measured.told);
        let of = |is: fn(Predictor) -> bool| {
            let rows = measured.rows.iter().filter(|(one, _)| is(*one));
            1.0 - measured.told.rmse_s / rows.map(|(_, row)| row.rmse_s).fold(f64::INFINITY, f64::min)
        };
        let below = of(|one| !matches!(one, Predictor::Played | Predictor::Shares));
        let below_shares = of(|one| one == Predictor::Shares);
        worst = worst.min(below);
        println!(
            r#"{{"setting":"{}","below_the_best_other":{below:.4},"below_shares":{below_shares:.4},"p80_coverage":{:.3},"seconds":{seconds:.1}}}"#,
            setting.name, measured.p80_coverage
        );
    }
    if worst > 0.0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
