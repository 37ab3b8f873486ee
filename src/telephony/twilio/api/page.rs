//! Lists: pages, and how one leads to the next.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::field::Field;
use super::{AccountSid, Answer, ApiRequest, Error, Item, Listing, Method, Reply};

/// One page of a list. URIs begin at the host's root.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// The page itself.
    pub uri: Option<String>,
    /// The first page of the list.
    pub first_page_uri: Option<String>,
    /// The page after this one; `None` on the last.
    pub next_page_uri: Option<String>,
    /// The page before this one; `None` on the first.
    pub previous_page_uri: Option<String>,
    /// Its number, from 0.
    pub page: Option<u32>,
    /// How many items a page has at most.
    pub page_size: Option<u32>,
    /// Place of its first item in the list, from 0.
    pub start: Option<u32>,
    /// Place of its last item in the list.
    pub end: Option<u32>,
}

impl<T: Item> Reply for Page<T> {
    fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(mut map) = serde_json::from_slice(body).ok()? else { return None };
        let Value::Array(items) = map.remove(T::KEY)? else { return None };
        // An item that cannot be read would be one that is missing without a word.
        let items = items.into_iter().map(T::item).collect::<Option<Vec<T>>>()?;
        let mut text = |name: &str| map.remove(name).and_then(String::read).filter(|uri| !uri.is_empty());
        let (uri, first_page_uri) = (text("uri"), text("first_page_uri"));
        let (next_page_uri, previous_page_uri) = (text("next_page_uri"), text("previous_page_uri"));
        let mut number = |name: &str| map.remove(name).and_then(u32::read);
        let (page, page_size) = (number("page"), number("page_size"));
        let (start, end) = (number("start"), number("end"));
        Some(Self { items, uri, first_page_uri, next_page_uri, previous_page_uri, page, page_size, start, end })
    }
}

/// A walk through a list: ask for [`Pages::request`], hand the answer to [`Pages::read`], until there is no request.
pub struct Pages<L> {
    listing: L,
    account: AccountSid,
    next: Option<ApiRequest>,
    asked: BTreeSet<String>,
    left: Option<usize>,
}

impl<L> fmt::Debug for Pages<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).field("left", &self.left).finish_non_exhaustive()
    }
}

impl<L: Listing> Pages<L> {
    /// The walk from the first page; an error is [`super::ErrorKind::Unsendable`].
    pub fn new(listing: L, account: &AccountSid) -> Result<Self, Error> {
        let left = listing.items_max();
        let first = listing.request(account)?;
        let next = (left != Some(0)).then_some(first);
        Ok(Self { listing, account: account.clone(), next, asked: BTreeSet::new(), left })
    }

    /// What is to be sent next; `None` when there is no more.
    #[must_use]
    pub fn request(&self) -> Option<&ApiRequest> {
        self.next.as_ref()
    }

    /// Reads the answer to [`Pages::request`]: its items, no more than are wanted. After an error the same request is
    /// still to be sent, so that a walk can go on after a bad moment.
    ///
    /// A next page of another host or account is [`super::ErrorKind::Astray`], as is one that was read already: nothing
    /// is ever sent there. The items of the page that named it are lost with it.
    pub fn read(&mut self, answer: &Answer<'_>) -> Result<Vec<L::Item>, Error> {
        let mut page = self.listing.read(answer)?;
        if let Some(left) = &mut self.left {
            page.items.truncate(*left);
            *left -= page.items.len();
        }
        let asked = self.next.as_ref().map(|request| request.path_and_query.clone()).unwrap_or_default();
        match page.next_page_uri.filter(|_| self.left != Some(0)) {
            None => self.next = None,
            Some(uri) => {
                self.asked.insert(asked);
                if !is_of(&self.account, &uri) || self.asked.contains(&uri) {
                    return Err(Error::astray(L::WHAT, L::KIND));
                }
                self.next = Some(ApiRequest { method: Method::Get, path_and_query: uri, body: None });
            }
        }
        Ok(page.items)
    }
}

/// Whether the credentials may go there: the same host, and a path below the same account.
fn is_of(account: &AccountSid, uri: &str) -> bool {
    let below = uri.strip_prefix("/2010-04-01/Accounts/").and_then(|rest| rest.strip_prefix(account.as_str()));
    let path = uri.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    below.is_some_and(|rest| rest.starts_with('/'))
        && uri.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\'))
        && !path.split('/').any(|step| matches!(step, "." | ".."))
}
