//! A store that does not answer.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use axum::http::StatusCode;
use switchboard::http::{Access, router};
use switchboard::store::{
    Claim, Commit, CommitError, Key, MemoryStore, Page, Record, Scan, Store, StoreError, StoreErrorKind, Task,
};

use super::{ACCOUNT, CUSTOMER, HOST, NUMBER, arrival, json, request, send, switchboard_with, text, webhook};

#[derive(Debug)]
struct Silent;

#[async_trait]
impl Store for Silent {
    async fn load(&self, _: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        pending().await
    }
    async fn scan(&self, _: &Scan) -> Result<Page, StoreError> {
        pending().await
    }
    async fn commit(&self, _: &Commit) -> Result<(), CommitError> {
        pending().await
    }
    async fn claim(&self, _: &Claim) -> Result<Vec<Task>, StoreError> {
        pending().await
    }
}

#[tokio::test]
async fn a_caller_is_held_and_health_is_bad_while_the_store_is_silent() {
    let app = router(switchboard_with("", Some(Arc::new(Silent))), Access::closed());
    let health = request("GET", "/health").body(Body::empty()).unwrap();
    let (held, health) = tokio::join!(send(&app, arrival("", "")), send(&app, health));
    assert_eq!(held.status(), StatusCode::OK);
    let document = text(held).await;
    assert!(document.contains("<Redirect") && document.contains(&format!("{HOST}/hooks/voice")), "{document}");
    assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(health).await["status"], "store_unavailable");
}

/// What the provider tells when the caller of [`arrival`] has hung up.
fn hung_up() -> axum::extract::Request {
    let params = [
        ("AccountSid", ACCOUNT),
        ("CallSid", "CA0123456789abcdef0123456789abcdef"),
        ("CallStatus", "completed"),
        ("Direction", "inbound"),
        ("From", CUSTOMER),
        ("To", NUMBER),
    ];
    webhook("/hooks/status", &params)
}

#[tokio::test]
async fn what_is_told_meanwhile_is_not_taken_for_noted() {
    let app = router(switchboard_with("", Some(Arc::new(Silent))), Access::closed());
    let told = send(&app, hung_up()).await;
    assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(told).await, "");
}

/// A store that fails so often, and works then.
#[derive(Debug)]
struct AwayFor(AtomicU32, MemoryStore);

impl AwayFor {
    fn call(&self) -> Result<(), StoreError> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map_or(Ok(()), |_| Err(StoreError::new(StoreErrorKind::Unavailable, "it starts")))
    }
}

#[async_trait]
impl Store for AwayFor {
    async fn load(&self, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.call()?;
        self.1.load(keys).await
    }
    async fn scan(&self, scan: &Scan) -> Result<Page, StoreError> {
        self.call()?;
        self.1.scan(scan).await
    }
    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        self.call()?;
        self.1.commit(commit).await
    }
    async fn claim(&self, claim: &Claim) -> Result<Vec<Task>, StoreError> {
        self.1.claim(claim).await
    }
}

#[tokio::test]
async fn what_is_told_while_the_store_starts_is_noted_when_it_is_there() {
    let store = Arc::new(AwayFor(AtomicU32::new(0), MemoryStore::default()));
    let switchboard = switchboard_with("", Some(Arc::clone(&store) as Arc<dyn Store>));
    let app = router(switchboard.clone(), Access::closed());
    assert_eq!(send(&app, arrival("", "")).await.status(), StatusCode::OK);
    store.0.store(3, Ordering::Relaxed);
    assert_eq!(send(&app, hung_up()).await.status(), StatusCode::NO_CONTENT);
    let calls = switchboard.calls(None, 10).await.unwrap().calls;
    assert!(calls.iter().all(|call| call.ended_at.is_some()), "{calls:?}");
    // Away for longer than the provider would wait: it is told so, and tells it again.
    store.0.store(u32::MAX, Ordering::Relaxed);
    assert_eq!(send(&app, hung_up()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
