//! One request, one statement, one round trip: by a prepared statement, or as plain text through a pooler that hands out
//! another session for every transaction.

use std::sync::Arc;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgRow};

use super::fault::Fault;
use super::pool::{Lent, Pool};

/// An argument of a statement.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg<'a> {
    Text(&'a str),
    /// A text, or NULL.
    Maybe(Option<&'a str>),
    Texts(&'a [&'a str]),
    Owned(&'a [String]),
    Number(i64),
    Small(i32),
    Numbers(&'a [i64]),
}

/// A statement of this module, in both its forms.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// With parameters.
    prepared: Arc<str>,
    /// Up to the arguments.
    plain: Arc<str>,
    types: &'static [&'static str],
}

impl Statement {
    /// Calls a function that gives one value, with arguments of these types.
    pub(super) fn value(schema: &str, function: &str, types: &'static [&'static str]) -> Self {
        Self::new(format!("SELECT \"{schema}\".{function}("), types)
    }

    /// Calls a function that gives a table with these columns, with arguments of these types.
    pub(super) fn table(schema: &str, function: &str, columns: &str, types: &'static [&'static str]) -> Self {
        Self::new(format!("SELECT {columns} FROM \"{schema}\".{function}("), types)
    }

    fn new(plain: String, types: &'static [&'static str]) -> Self {
        let parameters: Vec<String> = types.iter().zip(1..).map(|(of, number)| format!("${number}::{of}")).collect();
        Self { prepared: format!("{plain}{})", parameters.join(", ")).into(), plain: plain.into(), types }
    }

    /// The statement as text, its arguments in it.
    fn text(&self, args: &[Arg<'_>], timeout: Duration) -> String {
        // Both in one message, so in one transaction: the limit ends with it.
        let mut text = format!("SET LOCAL statement_timeout = {}; {}", timeout.as_millis(), self.plain);
        for (number, (arg, of)) in args.iter().zip(self.types).enumerate() {
            text.push_str(if number == 0 { "" } else { ", " });
            literal(&mut text, *arg);
            text.push_str("::");
            text.push_str(of);
        }
        text.push(')');
        text
    }

    /// The rows that it gives on `connection`.
    pub(super) async fn on(
        &self,
        connection: &mut PgConnection,
        args: &[Arg<'_>],
        how: How,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        if how.is_plain {
            let text = self.text(args, how.timeout);
            return sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(connection).await;
        }
        let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&self.prepared)));
        for arg in args {
            query = match *arg {
                Arg::Text(text) => query.bind(text),
                Arg::Maybe(text) => query.bind(text),
                Arg::Texts(texts) => query.bind(texts),
                Arg::Owned(texts) => query.bind(texts),
                Arg::Number(number) => query.bind(number),
                Arg::Small(number) => query.bind(number),
                Arg::Numbers(numbers) => query.bind(numbers),
            };
        }
        query.fetch_all(connection).await
    }
}

/// How statements are sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) is_plain: bool,
    /// How long the server may work on one.
    pub(super) timeout: Duration,
}

/// How much longer than the server may work is waited for its answer.
const GRACE: Duration = Duration::from_millis(500);

impl Pool {
    /// The rows of `statement`, on a connection of this pool. An error that PostgreSQL reported leaves the connection fit.
    pub(super) async fn rows(&self, statement: &Statement, args: &[Arg<'_>], how: How) -> Result<Vec<PgRow>, Fault> {
        let mut lent = self.lend().await?;
        let patience = how.timeout + GRACE;
        let asked = tokio::time::timeout(patience, statement.on(&mut lent.connection, args, how)).await;
        settle(lent, asked.unwrap_or(Err(sqlx::Error::PoolTimedOut)), patience)
    }
}

fn settle(lent: Lent<'_>, asked: Result<Vec<PgRow>, sqlx::Error>, patience: Duration) -> Result<Vec<PgRow>, Fault> {
    match asked {
        Ok(rows) => {
            lent.give_back();
            Ok(rows)
        }
        // The connection is dropped, which asks for no cancellation: what was sent is carried out.
        Err(sqlx::Error::PoolTimedOut) => Err(Fault::Silent(patience)),
        Err(error) => {
            let fault = Fault::from(error);
            if fault.is_unknown() {
                lent.broke();
            } else {
                lent.give_back();
            }
            Err(fault)
        }
    }
}

/// `arg` as it stands in a statement.
fn literal(text: &mut String, arg: Arg<'_>) {
    match arg {
        Arg::Text(word) | Arg::Maybe(Some(word)) => quote(text, word),
        Arg::Maybe(None) => text.push_str("NULL"),
        Arg::Texts(words) => list(text, words.iter(), |text, word| quote(text, word)),
        Arg::Owned(words) => list(text, words.iter(), |text, word| quote(text, word)),
        // A minus sign would bind less than the cast that follows.
        Arg::Number(number) => {
            text.push('\'');
            digits(text, number);
            text.push('\'');
        }
        Arg::Small(number) => {
            text.push('\'');
            digits(text, i64::from(number));
            text.push('\'');
        }
        Arg::Numbers(numbers) => {
            // As one literal: much less to parse than a list of constants.
            text.push_str("'{");
            for (place, number) in numbers.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { "," });
                digits(text, *number);
            }
            text.push_str("}'");
        }
    }
}

fn digits(text: &mut String, number: i64) {
    text.push_str(&number.to_string());
}

fn list<T>(text: &mut String, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut String, T)) {
    text.push_str("ARRAY[");
    for (place, item) in items.enumerate() {
        text.push_str(if place == 0 { "" } else { "," });
        write(text, item);
    }
    text.push(']');
}

/// `word` as a text constant, whatever `standard_conforming_strings` is (PostgreSQL docs: lexical structure, string
/// constants with C-style escapes).
fn quote(text: &mut String, word: &str) {
    text.push_str("E'");
    for part in word.split_inclusive(['\'', '\\']) {
        let (plain, last) = part.split_at(part.len().saturating_sub(1));
        match last {
            "'" => {
                text.push_str(plain);
                text.push_str("''");
            }
            "\\" => {
                text.push_str(plain);
                text.push_str("\\\\");
            }
            _ => text.push_str(part),
        }
    }
    text.push('\'');
}
