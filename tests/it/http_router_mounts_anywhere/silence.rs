//! A store that does not answer.

use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::StatusCode;
use switchboard::http::{Access, router};
use switchboard::store::{Claim, Commit, CommitError, Key, Page, Record, Scan, Store, StoreError, Task};

use super::{HOST, arrival, json, request, send, switchboard_with, text};

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
