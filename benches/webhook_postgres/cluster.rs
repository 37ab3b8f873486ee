//! A PostgreSQL of its own, thrown away at the end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// A running cluster, reached through a socket in its directory.
pub(crate) struct Cluster {
    root: PathBuf,
    bin: PathBuf,
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|this| std::os::unix::fs::MetadataExt::uid(&this) == 0)
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn run(mut command: Command) {
    command.current_dir("/").stdout(Stdio::null());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Where Debian and others keep the server's programs: the newest version wins.
fn binaries() -> PathBuf {
    if let Some(bin) = env::var_os("PGBIN") {
        return bin.into();
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    newest.expect("PostgreSQL is not installed: `apt-get install postgresql`, or say in PGBIN where its programs are")
}

impl Cluster {
    /// Starts one on the real disk, with what a careful owner sets: everything durable, 256 MB of buffers.
    pub(crate) fn start() -> Self {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(format!("bench-pg-{}", std::process::id()));
        let cluster = Self { bin: binaries(), root };
        fs::create_dir_all(&cluster.root).expect("a directory for the cluster");
        if is_root() {
            run({
                let mut chown = Command::new("chown");
                chown.arg("postgres").arg(&cluster.root);
                chown
            });
        }
        let mut initdb = as_postgres(&cluster.bin.join("initdb"));
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
        initdb.arg(cluster.data());
        run(initdb);
        let mut start = as_postgres(&cluster.bin.join("pg_ctl"));
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c shared_buffers=256MB -c max_wal_size=4GB -c max_connections=100",
            cluster.root.display()
        );
        start
            .args(["-w", "-o", &settings, "-l"])
            .arg(cluster.root.join("log"))
            .arg("-D")
            .arg(cluster.data())
            .arg("start");
        run(start);
        cluster
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The address of `database`, as both drivers read it.
    pub(crate) fn url(&self, database: &str) -> String {
        let socket = self.root.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{database}")
    }

    /// The process that all others of this server descend from.
    pub(crate) fn postmaster(&self) -> u32 {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        file.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process id")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        stop.args(["-m", "immediate", "-D"]).arg(self.data()).arg("stop");
        let _ = stop.current_dir("/").stdout(Stdio::null()).status();
        let _ = fs::remove_dir_all(&self.root);
    }
}
