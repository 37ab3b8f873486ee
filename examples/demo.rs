//! A call centre with callers in it: on this machine only, with no account and no real calls.
//!
//! `cargo demo`, then open the page it names. `cargo demo -- --help` lists the options.

#[path = "demo/centre.rs"]
mod centre;
#[path = "demo/keep.rs"]
mod keep;
#[path = "demo/options.rs"]
mod options;
#[path = "demo/page.rs"]
mod page;
#[path = "demo/run.rs"]
mod run;

use std::process::ExitCode;

use options::USAGE;

#[tokio::main]
async fn main() -> ExitCode {
    // What is not text becomes a text that no option has.
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let options = match options::parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            run::say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("{mistake}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run::demo(options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}
