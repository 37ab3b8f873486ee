//! A PostgreSQL server of our own, and pgbouncer before it, to be killed.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Failure;

/// Who the server runs as when we are root, which it refuses to run as.
const ACCOUNT: &str = "postgres";
/// Size of the file system that holds the write-ahead log, where there is one of its own.
const LOG_MB: usize = 160;
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A span in which the database was out of service; `None`: it still is.
pub(crate) type Outage = (Instant, Option<Instant>);

#[derive(Debug)]
pub(crate) struct Postgres {
    home: PathBuf,
    programs: PathBuf,
    is_root: bool,
    pub(crate) address: SocketAddr,
    /// Whether the write-ahead log has a small file system of its own, that can be filled.
    pub(crate) log_is_apart: bool,
    server: Mutex<Option<Child>>,
    outages: Mutex<Vec<Outage>>,
}

/// A port that is free now.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn ran(command: &mut Command) -> Result<(), Failure> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Lets real time pass: this is about real processes.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process, which tells nobody")]
pub(crate) fn let_pass(time: Duration) {
    std::thread::sleep(time);
}

/// Sends a signal, as in `KILL`; whether there was somebody to send it to.
pub(crate) fn signal(name: &str, pid: u32) -> bool {
    let sent = Command::new("kill").args([&format!("-{name}"), "--", &pid.to_string()]).stderr(Stdio::null()).status();
    sent.is_ok_and(|status| status.success())
}

impl Postgres {
    /// A new cluster below `home`, which runs on return.
    pub(crate) fn start(home: &Path) -> Result<Self, Failure> {
        let programs = programs().ok_or("PostgreSQL is not installed: no initdb below /usr/lib/postgresql")?;
        let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
        let home = home.join("postgres");
        let (data, log) = (home.join("data"), home.join("log"));
        let _ = Command::new("umount").arg(&log).stderr(Stdio::null()).status();
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&log)?;
        let size = format!("size={LOG_MB}m,mode=0777");
        let log_is_apart =
            is_root && ran(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&log)).is_ok();
        if is_root {
            ran(Command::new("chown").arg("-R").arg(ACCOUNT).arg(&home))?;
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let (server, outages) = (Mutex::default(), Mutex::default());
        let postgres = Self { home, programs, is_root, address, log_is_apart, server, outages };
        let mut initdb = postgres.program("initdb");
        initdb.arg("-D").arg(&data).args(["-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]);
        if log_is_apart {
            initdb.arg("--waldir").arg(log.join("wal"));
        }
        ran(&mut initdb)?;
        *postgres.server() = Some(postgres.spawn()?);
        postgres.wait_for_service(Duration::from_secs(60))?;
        Ok(postgres)
    }

    fn program(&self, name: &str) -> Command {
        as_account(self.is_root, &self.programs.join(name))
    }

    fn server(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn noted(&self) -> MutexGuard<'_, Vec<Outage>> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When it was out of service.
    pub(crate) fn outages(&self) -> Vec<Outage> {
        self.noted().clone()
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.home.join("server.log"))?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.home.join("data")).arg("-p").arg(self.address.port().to_string());
        let sockets = format!("unix_socket_directories={}", self.home.display());
        for setting in [
            sockets.as_str(),
            "listen_addresses=127.0.0.1",
            "max_connections=200",
            "shared_buffers=64MB",
            // The log fits into its file system.
            "min_wal_size=32MB",
            "max_wal_size=64MB",
            // It is killed often: what happened since the last checkpoint is done again at each start.
            "checkpoint_timeout=30s",
        ] {
            command.arg("-c").arg(setting);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
    }

    fn is_in_service(&self) -> bool {
        let mut ready = Command::new(self.programs.join("pg_isready"));
        ready.args(["-q", "-t", "1", "-h", "127.0.0.1", "-p", &self.address.port().to_string()]);
        ready.status().is_ok_and(|status| status.success())
    }

    /// Waits until it accepts connections, and starts it again as often as needed. Blocks.
    pub(crate) fn wait_for_service(&self, most: Duration) -> Result<(), Failure> {
        let until = Instant::now() + most;
        while Instant::now() < until {
            if self.is_in_service() {
                if let Some((_, end)) = self.noted().last_mut() {
                    end.get_or_insert_with(Instant::now);
                }
                return Ok(());
            }
            let mut server = self.server();
            // Processes of the dead server may still hold its memory: then it ends at once, and is tried again.
            if server.as_mut().is_none_or(|server| !matches!(server.try_wait(), Ok(None))) {
                *server = Some(self.spawn()?);
            }
            drop(server);
            let_pass(LOOK_EVERY);
        }
        Err(format!("PostgreSQL did not start again; see {}", self.home.join("server.log").display()).into())
    }

    fn outage_begins(&self) {
        let mut outages = self.noted();
        if outages.last().is_none_or(|(_, end)| end.is_some()) {
            outages.push((Instant::now(), None));
        }
    }

    /// Kills the server, and brings it back after `down`. Blocks until it is in service.
    pub(crate) fn kill(&self, down: Duration) -> Result<(), Failure> {
        self.outage_begins();
        if let Some(mut server) = self.server().take() {
            signal("KILL", server.id());
            server.wait()?;
        }
        let_pass(down);
        self.wait_for_service(Duration::from_secs(60))
    }

    /// Kills one of its backends that serves a client; the server then resets all. Blocks until it is in service.
    pub(crate) fn kill_backend(&self, which: u64) -> Result<bool, Failure> {
        let mut backends: Vec<u32> = Vec::new();
        for process in fs::read_dir("/proc")?.flatten() {
            let Ok(pid) = process.file_name().to_string_lossy().parse() else { continue };
            let Ok(line) = fs::read_to_string(process.path().join("cmdline")) else { continue };
            let is_child = || {
                let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
                let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
                parent == self.server().as_ref().map(Child::id)
            };
            if line.starts_with("postgres: switchboard ") && is_child() {
                backends.push(pid);
            }
        }
        backends.sort_unstable();
        let at = usize::try_from(which).unwrap_or(0) % backends.len().max(1);
        let Some(pid) = backends.get(at) else { return Ok(false) };
        self.outage_begins();
        signal("KILL", *pid);
        let_pass(Duration::from_millis(100));
        self.wait_for_service(Duration::from_secs(60))?;
        Ok(true)
    }

    /// Fills the file system of the write-ahead log for `how_long`. Blocks until it is in service again.
    pub(crate) fn fill_disk(&self, how_long: Duration) -> Result<(), Failure> {
        self.outage_begins();
        let ballast = self.home.join("log").join("ballast");
        let until = Instant::now() + how_long;
        let mut file = fs::File::create(&ballast)?;
        let chunk = vec![0_u8; 1024 * 1024];
        // Ends with the space; what the server gives back is taken as well.
        while Instant::now() < until {
            if std::io::Write::write_all(&mut file, &chunk).is_err() {
                let_pass(LOOK_EVERY);
            }
        }
        drop(file);
        fs::remove_file(&ballast)?;
        self.wait_for_service(Duration::from_secs(60))
    }
}

fn as_account(is_root: bool, program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root {
        // In place of this process, not beside it: what we kill is the server.
        command = Command::new("setpriv");
        command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups", "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut server) = self.server().take() {
            // An immediate end: nobody reads it any more.
            signal("QUIT", server.id());
            let _ = server.wait();
        }
        if self.log_is_apart {
            let _ = Command::new("umount").arg("-l").arg(self.home.join("log")).status();
        }
    }
}

/// pgbouncer in transaction mode.
#[derive(Debug)]
pub(crate) struct Bouncer {
    home: PathBuf,
    is_root: bool,
    pub(crate) address: SocketAddr,
    process: Mutex<Option<Child>>,
}

impl Bouncer {
    /// One before `server`; `None` where it is not installed.
    pub(crate) fn start(home: &Path, server: &Postgres) -> Result<Option<Self>, Failure> {
        let installed =
            ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].into_iter().map(Path::new).find(|path| path.exists());
        if installed.is_none() {
            return Ok(None);
        }
        let home = home.join("pgbouncer");
        fs::create_dir_all(&home)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        fs::write(home.join("users"), "\"switchboard\" \"\"\n")?;
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={}\nunix_socket_dir=\n\
             auth_type=trust\nauth_file={}\npool_mode=transaction\nmax_client_conn=500\ndefault_pool_size=10\n\
             server_login_retry=1\nignore_startup_parameters=extra_float_digits\n",
            server.address.port(),
            address.port(),
            home.join("users").display()
        );
        fs::write(home.join("pgbouncer.ini"), settings)?;
        if server.is_root {
            ran(Command::new("chown").arg("-R").arg(ACCOUNT).arg(&home))?;
        }
        let bouncer = Self { home, is_root: server.is_root, address, process: Mutex::default() };
        bouncer.spawn()?;
        Ok(Some(bouncer))
    }

    fn process(&self) -> MutexGuard<'_, Option<Child>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self) -> Result<(), Failure> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.home.join("output.log"))?;
        let mut command = as_account(self.is_root, Path::new("pgbouncer"));
        command.arg(self.home.join("pgbouncer.ini"));
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        *self.process() = Some(child);
        Ok(())
    }

    /// Kills it, and starts it again.
    pub(crate) fn restart(&self) -> Result<(), Failure> {
        if let Some(mut process) = self.process().take() {
            signal("KILL", process.id());
            process.wait()?;
        }
        self.spawn()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process().take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
