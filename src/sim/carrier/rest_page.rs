//! Pages of lists (Twilio docs, REST API responses).

use serde_json::{Value, json};

use super::form::{self, Pairs};
use super::rest::{Answer, Request, refuse};

/// What is shown unless `PageSize` says otherwise, and the most it may say.
const SIZE: usize = 50;
const SIZE_MAX: usize = 1000;

/// One page of `items`, newest first, each with the sid that page tokens name.
pub(super) fn page(request: &Request<'_>, key: &str, items: Vec<(String, Value)>) -> Answer {
    page_of(request, key, &items, Value::clone)
}

/// `page` of items that become JSON only where they are shown.
pub(super) fn page_of<T>(
    request: &Request<'_>,
    key: &str,
    items: &[(String, T)],
    show: impl Fn(&T) -> Value,
) -> Answer {
    let number = |name: &str, default: usize| match form::get(&request.query, name) {
        None => Ok(default),
        Some(text) => text.parse().or_else(|_| refuse(20_001, format!("{name} is not a number"))),
    };
    let (size, page) = (number("PageSize", SIZE)?, number("Page", 0)?);
    if size > SIZE_MAX {
        return refuse(20_007, "Page size must not be greater than 1000");
    }
    if size == 0 {
        return refuse(20_001, "PageSize must be at least 1");
    }
    let from = match form::get(&request.query, "PageToken") {
        Some(token) => token_place(token, items, size),
        None => Some(page.saturating_mul(size)),
    };
    let Some(from) = from else { return refuse(20_001, "PageToken names nothing on this list") };
    let shown: Vec<&(String, T)> = items.iter().skip(from).take(size).collect();
    let filters: Pairs = request
        .query
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "PageSize" | "Page" | "PageToken"))
        .cloned()
        .collect();
    let filters = if filters.is_empty() { String::new() } else { format!("{}&", form::encode_pairs(&filters)) };
    let uri = |page: usize, token: String| format!("{}?{filters}PageSize={size}&Page={page}{token}", request.path);
    let more = items.len() > from.saturating_add(shown.len());
    let left = items.len().saturating_sub(from.saturating_add(shown.len()));
    let token = shown.last().filter(|_| more).map(|(sid, _)| format!("&PageToken=PA{sid}.{left}"));
    let next = token.map(|token| uri(page.saturating_add(1), token));
    let before = shown.first().filter(|_| page > 0 && from > 0);
    let previous = before.map(|(sid, _)| uri(page - 1, format!("&PageToken=PB{sid}")));
    let own = form::get(&request.query, "PageToken").map_or_else(String::new, |t| format!("&PageToken={t}"));
    let start = page.saturating_mul(size);
    Ok((
        200,
        Some(json!({
            key: shown.iter().map(|(_, item)| show(item)).collect::<Vec<_>>(),
            "first_page_uri": uri(0, String::new()),
            "next_page_uri": next,
            "previous_page_uri": previous,
            "uri": uri(page, own),
            "page": page,
            "page_size": size,
            "start": start,
            "end": start.saturating_add(shown.len()).saturating_sub(1),
        })),
    ))
}

/// Where a page begins: after the item that `PA` names, or so that it ends before the one that `PB` names. An item that
/// was deleted since is where it would be: its token tells how many came after it.
fn token_place<T>(token: &str, items: &[(String, T)], size: usize) -> Option<usize> {
    let (name, left) = token.get(2..)?.split_once('.').unwrap_or((token.get(2..)?, ""));
    let at = items.iter().position(|(sid, _)| sid == name);
    match token.get(..2)? {
        "PA" => {
            let gone = || left.parse::<usize>().ok().map(|left| items.len().saturating_sub(left));
            at.map(|at| at + 1).or_else(gone)
        }
        "PB" => at.map(|at| at.saturating_sub(size)),
        _ => None,
    }
}
