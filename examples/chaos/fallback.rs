//! The fallback URL of our number: a document that needs nothing of the application, such as a provider's own static hosting
//! serves. Twilio docs, TwiML Bins: a document may hold parameters of the request, here `{{ErrorUrl}}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// What our own URLs ask for, which the error report leaves out.
const OVERRIDES: &str = "#ct=1000&amp;rt=4000&amp;rc=3&amp;rp=ct,rt,5xx";

/// How often it was needed.
pub(crate) type Served = Arc<AtomicUsize>;

/// Serves it at any free port; gives its URL.
pub(crate) async fn serve() -> std::io::Result<(String, Served)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/bin", listener.local_addr()?);
    let served = Served::default();
    let app = Router::new().fallback(document).with_state(Arc::clone(&served));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((url, served))
}

async fn document(State(served): State<Served>, form: String) -> impl IntoResponse {
    served.fetch_add(1, Ordering::Relaxed);
    let failed = form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == "ErrorUrl");
    let again = failed.map(|(_, url)| url.replace('&', "&amp;")).unwrap_or_default();
    let document = format!("<Response><Pause length=\"2\"/><Redirect>{again}{OVERRIDES}</Redirect></Response>");
    ([(CONTENT_TYPE, "text/xml")], document)
}
