//! Processes of their own: this test binary, started again to play a part.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Names the part in the environment of a process.
const PART: &str = "SWITCHBOARD_TEST_PART";
/// How long a process may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// Begins each line that a process says on purpose.
const MARK: &str = "> ";

/// A process that plays a part, until it is killed.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    said: Receiver<String>,
}

/// Plays the part that this process was started for, if it was started for one.
#[test]
fn plays_its_part() {
    let Some(part) = env::var_os(PART) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match part.to_str() {
        Some("writer") => runtime.block_on(crate::sqlite_outlives_its_process::write()),
        #[cfg(feature = "simulator")]
        Some("centre") => runtime.block_on(crate::sqlite_outlives_its_process::serve()),
        #[cfg(feature = "simulator")]
        Some("demo") => runtime.block_on(crate::demo_runs::run_to_its_end()),
        other => panic!("no part {other:?}"),
    }
}

/// What the parent handed over under this name.
pub(crate) fn given(name: &str) -> String {
    let value = env::var_os(name).and_then(|value| value.into_string().ok());
    value.unwrap_or_else(|| panic!("{name} was not handed over"))
}

/// Says a line to the parent.
pub(crate) fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{MARK}{line}").and_then(|()| out.flush()).unwrap();
}

impl Process {
    /// Starts a process that plays `part` with these values.
    pub(crate) fn start(part: &str, file: &Path, values: &[(&str, &str)]) -> Self {
        Self::run(Command::new(env::current_exe().unwrap()), part, file, values)
    }

    /// Starts one that may make no file larger than so many bytes, rounded down to blocks of 512: a write beyond that fails.
    #[cfg(unix)]
    pub(crate) fn start_confined(bytes: u64, part: &str, file: &Path, values: &[(&str, &str)]) -> Self {
        // Ignored, the signal is an error of the write instead (POSIX: `ulimit`, SIGXFSZ).
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512);
        let mut command = Command::new("sh");
        command.args(["-c", &script]).arg(env::current_exe().unwrap());
        Self::run(command, part, file, values)
    }

    fn run(mut command: Command, part: &str, file: &Path, values: &[(&str, &str)]) -> Self {
        let (_, module) = module_path!().split_once("::").unwrap();
        command.args(["--exact", &format!("{module}::plays_its_part"), "--nocapture", "--test-threads=1"]);
        command.env(PART, part).env("FILE", file).envs(values.iter().copied());
        // What nextest tells its tests is not meant for this one.
        let foreign: Vec<OsString> = env::vars_os().map(|(name, _)| name).filter(is_of_nextest).collect();
        foreign.iter().for_each(|name| {
            command.env_remove(name);
        });
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let (telling, said) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // The test harness writes the name of the test in front of the first line.
                if let Some((_, line)) = line.split_once(MARK)
                    && telling.send(line.to_owned()).is_err()
                {
                    break;
                }
            }
        });
        Self { child, said }
    }

    /// The next line that it says.
    pub(crate) fn hear(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("the process says nothing more")
    }

    /// Waits until it ends by itself; whether it ended well, and what it said and was not heard yet.
    pub(crate) fn ends(mut self) -> (bool, Vec<String>) {
        let said = self.said.iter().collect();
        (self.child.wait().unwrap().success(), said)
    }

    /// Kills it where it is; what it said before and was not heard yet.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said.iter().collect()
    }
}

impl Drop for Process {
    /// A test that failed leaves nobody behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_of_nextest(name: &OsString) -> bool {
    name.to_string_lossy().starts_with("NEXTEST")
}
