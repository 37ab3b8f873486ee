//! The bare floor: axum and tokio-postgres, one statement for each webhook, which upserts the call, stores the event and
//! takes the agent who has been idle for longest. It checks no signature, filters no repeat, keeps no outbox and no history.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, NoTls, Statement};

use super::{AGENTS, POOL, SKILLS, SKILLS_EACH};

const SCHEMA: &str = "
CREATE TABLE calls (sid text PRIMARY KEY, customer text NOT NULL, number text NOT NULL, status text NOT NULL, agent int,
  started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz) WITH (fillfactor = 80);
CREATE TABLE events (id bigserial PRIMARY KEY, sid text NOT NULL, kind text NOT NULL, body jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON events (sid);
CREATE TABLE agents (id int PRIMARY KEY, name text NOT NULL, skills int[] NOT NULL);
CREATE TABLE idle (id int PRIMARY KEY, since timestamptz NOT NULL, busy bool NOT NULL) WITH (fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200);
CREATE INDEX ON idle (since) WHERE NOT busy;";

const RINGING: &str = "
WITH taken AS (
  UPDATE idle SET busy = true WHERE id = (
    SELECT i.id FROM idle i JOIN agents a USING (id) WHERE NOT i.busy AND a.skills @> ARRAY[$5::int]
    ORDER BY i.since LIMIT 1 FOR UPDATE OF i SKIP LOCKED) RETURNING id),
call AS (
  INSERT INTO calls (sid, customer, number, status, agent) VALUES ($1, $2, $3, 'ringing', (SELECT id FROM taken))
  ON CONFLICT (sid) DO UPDATE SET status = excluded.status RETURNING agent),
event AS (INSERT INTO events (sid, kind, body) VALUES ($1, 'ringing', $4))
SELECT agent FROM call";

const COMPLETED: &str = "
WITH call AS (UPDATE calls SET status = 'completed', ended_at = now() WHERE sid = $1 RETURNING agent),
freed AS (UPDATE idle SET busy = false, since = now() FROM call WHERE idle.id = call.agent RETURNING idle.id)
INSERT INTO events (sid, kind, body) VALUES ($1, 'completed', $2)";

struct Connection {
    client: Client,
    ringing: Statement,
    completed: Statement,
}

struct Floor {
    pool: Vec<Connection>,
    next: AtomicUsize,
}

async fn client(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL");
    tokio::spawn(connection);
    client
}

impl Floor {
    async fn new(url: &str) -> Self {
        let first = client(url).await;
        first.batch_execute(SCHEMA).await.expect("a schema");
        for agent in 0..AGENTS {
            let skills: Vec<i32> = (0..SKILLS_EACH).map(|n| ((agent + n * 10) % SKILLS) as i32).collect();
            let (id, name) = (agent as i32, super::agent(agent));
            first.execute("INSERT INTO agents VALUES ($1, $2, $3)", &[&id, &name, &skills]).await.expect("an agent");
            first.execute("INSERT INTO idle VALUES ($1, now(), false)", &[&id]).await.expect("an agent");
        }
        // Old calls, so that plans are made for a table that has some.
        let old = "INSERT INTO calls (sid, customer, number, status) SELECT 'old' || n, '', '', 'completed' FROM generate_series(1, 20000) n";
        first.batch_execute(old).await.expect("old calls");
        first.batch_execute("VACUUM ANALYZE").await.expect("statistics");
        let mut pool = Vec::new();
        for _ in 0..POOL {
            let client = client(url).await;
            let ringing = client.prepare(RINGING).await.expect("a statement");
            let completed = client.prepare(COMPLETED).await.expect("a statement");
            pool.push(Connection { client, ringing, completed });
        }
        Self { pool, next: AtomicUsize::new(0) }
    }

    fn connection(&self) -> &Connection {
        &self.pool[self.next.fetch_add(1, Ordering::Relaxed) % self.pool.len()]
    }
}

fn fields(body: &[u8]) -> serde_json::Map<String, serde_json::Value> {
    form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
}

async fn voice(State(floor): State<Arc<Floor>>, body: Bytes) -> Response {
    let fields = fields(&body);
    let text = |name: &str| fields.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let (sid, from, to) = (text("CallSid"), text("From"), text("To"));
    let skill = super::skill_of(&to) as i32;
    let at = floor.connection();
    let row = at.client.query_one(&at.ringing, &[&sid, &from, &to, &Json(&fields), &skill]).await.expect("a row");
    let twiml = match row.get::<_, Option<i32>>(0) {
        Some(agent) => format!("<Response><Dial><Client>{}</Client></Dial></Response>", super::agent(agent as usize)),
        None => "<Response><Say>Please hold.</Say></Response>".to_owned(),
    };
    ([("Content-Type", "text/xml")], twiml).into_response()
}

async fn status(State(floor): State<Arc<Floor>>, body: Bytes) -> StatusCode {
    let fields = fields(&body);
    let sid = fields.get("CallSid").and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let at = floor.connection();
    at.client.execute(&at.completed, &[&sid, &Json(&fields)]).await.expect("an event");
    StatusCode::NO_CONTENT
}

/// The floor's router.
pub(crate) async fn router(url: &str) -> Router {
    let floor = Arc::new(Floor::new(url).await);
    Router::new().route("/hooks/voice", post(voice)).route("/hooks/status", post(status)).with_state(floor)
}
