//! kill -9 of the server under writers: what was acknowledged is there, what is unknown can be read back.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use switchboard::store::{CommitError, Key, PgError, PgStore, Store as _};

use super::given::creates;
use super::server::unique;

/// A cluster of its own, gone with this.
struct Cluster {
    folder: PathBuf,
    url: String,
    pid: String,
}

impl Cluster {
    fn start() -> Self {
        let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join(unique("pg"));
        let mut cluster = Self { folder: target, url: String::new(), pid: String::new() };
        cluster.again();
        cluster
    }

    fn script(&self, what: &str) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres");
        let output = Command::new(script).arg(what).arg(&self.folder).output().expect("scripts/postgres can be run");
        assert!(output.status.success(), "scripts/postgres {what}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn again(&mut self) {
        let said = self.script("own");
        let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).expect(name).to_owned();
        (self.url, self.pid) = (value("URL="), value("PID="));
    }

    fn kill(&self) {
        let killed = Command::new("kill").args(["-9", &self.pid]).status().expect("kill can be run");
        assert!(killed.success(), "the server was not there to be killed");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.script("drop");
    }
}

/// What a writer was told of each of its records.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Key>,
    unknown: Vec<Key>,
}

async fn write(store: PgStore, writer: u32, stop: Arc<AtomicBool>) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("call/t/{writer}-{number}");
        match store.commit(&creates(&name)).await {
            Ok(()) => told.acknowledged.push(Key::new(name)),
            Err(CommitError::Store(error)) if error.to_string().contains("unknown") => {
                told.unknown.push(Key::new(name))
            }
            Err(CommitError::Store(_)) => {}
            Err(error) => panic!("{name}: {error}"),
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost() {
    let mut cluster = Cluster::start();
    let builder = PgStore::builder(&cluster.url);
    // Its own settings are those that keep what is acknowledged, so nothing need be allowed.
    let store = builder.connect().await.expect("a server that keeps what it acknowledges");
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..6).map(|writer| tokio::spawn(write(store.clone(), writer, Arc::clone(&stop)))).collect();
    for _ in 0..3 {
        let enough = async {
            // Until the writers have written for a while again.
            for number in 0..40 {
                while store.commit(&creates(&format!("mark/t/{}/{number}", cluster.pid))).await.is_err() {}
            }
        };
        tokio::time::timeout(Duration::from_secs(30), enough).await.expect("service");
        cluster.kill();
        cluster.again();
        let back = Instant::now();
        while store.load(&[Key::new("call/t/0-0")]).await.is_err() {
            assert!(back.elapsed() < Duration::from_secs(20), "no service 20 s after the server was back");
        }
    }
    stop.store(true, Ordering::SeqCst);
    let (mut acknowledged, mut unknown) = (0, 0);
    for writer in writers {
        let told = writer.await.expect("a writer");
        acknowledged += told.acknowledged.len();
        for keys in told.acknowledged.chunks(200) {
            let found = store.load(keys).await.expect("a read");
            let lost: Vec<_> =
                keys.iter().zip(found).filter(|(_, record)| record.is_none()).map(|(key, _)| key).collect();
            assert!(lost.is_empty(), "acknowledged and gone: {lost:?}");
        }
        for key in told.unknown {
            unknown += 1;
            let is_there = store.load(std::slice::from_ref(&key)).await.expect("a read")[0].is_some();
            let again = store.commit(&creates(key.as_str())).await;
            assert_eq!(matches!(again, Err(CommitError::Conflict(_))), is_there, "{key}: {again:?}");
        }
    }
    assert!(acknowledged > 50, "only {acknowledged} commits: nothing was tried");
    assert!(unknown > 0, "no commit was under way when the server died: nothing was tried");
}

#[tokio::test]
async fn a_standby_is_refused() {
    let mut cluster = Cluster::start();
    cluster.script("standby");
    cluster.again();
    let error = PgStore::connect(&cluster.url).await.expect_err("a standby cannot be written");
    let PgError::Unsafe(wrong) = &error else { panic!("{error}") };
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("pg_is_in_recovery"), "{wrong:?}");
}
