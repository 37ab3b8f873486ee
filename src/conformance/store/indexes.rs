//! Indexes: order, paging, moving.

use super::given::*;
use crate::store::{Cursor, INDEX_ENTRIES_MAX, Page, Put, Scan, Store};

/// One page.
async fn page(store: &dyn Store, index: &str, partition: &str, after: Option<Cursor>, limit: u16) -> Page {
    let scan = Scan { index: index.to_owned(), partition: partition.to_owned(), after, limit };
    let page = store.scan(&scan).await.unwrap_or_else(|error| panic!("scanning {index}/{partition}: {error}"));
    let got = page.records.len();
    assert!(got <= usize::from(limit), "a page of at most {limit} records holds {got}");
    page
}

/// Keys of all pages of `limit` records, in the order they came.
async fn paged(store: &dyn Store, index: &str, partition: &str, limit: u16) -> Vec<String> {
    let mut keys = Vec::new();
    let mut after = None;
    for _ in 0..100 {
        let page = page(store, index, partition, after, limit).await;
        keys.extend(page.records.iter().map(|record| record.key.as_str().to_owned()));
        after = page.next;
        if after.is_none() {
            return keys;
        }
    }
    panic!("pages of {limit} never came to an end; so far {} records", keys.len());
}

/// Keys of one part of an index, in order.
pub(super) async fn listed(store: &dyn Store, index: &str, partition: &str) -> Vec<String> {
    paged(store, index, partition, 100).await
}

fn waiting(name: &str, sort: [i64; 2]) -> Put {
    placed(create(name, name), &[("waiting", "t/sales", sort)])
}

/// Creates records in the order given and compares how the index lists them.
async fn sorts(store: &dyn Store, created: &[(&str, [i64; 2])], expected: &[&str], what: &str) {
    done(store, puts(created.iter().map(|(name, sort)| waiting(name, *sort)).collect()), "creating records").await;
    assert_eq!(listed(store, "waiting", "t/sales").await, expected, "{what}");
}

/// A part of an index that holds nothing is one empty page.
pub async fn scanning_nothing_gives_an_empty_page(store: &dyn Store) {
    let page = page(store, "waiting", "t/sales", None, 10).await;
    assert_eq!(page, Page { records: Vec::new(), next: None }, "an empty index gave something");
}

/// A record without entries is in no index.
pub async fn a_record_without_entries_is_not_listed(store: &dyn Store) {
    done(store, puts(vec![create("call/t/1", "1")]), "creating a record").await;
    assert!(listed(store, "waiting", "t/sales").await.is_empty(), "a record without entries is in an index");
}

/// A page carries records as `load` gives them: key, current version, current body.
pub async fn a_page_carries_whole_records(store: &dyn Store) {
    done(store, puts(vec![waiting("call/t/1", [1, 1])]), "creating a record").await;
    let again = placed(write("call/t/1", 1, "second"), &[("waiting", "t/sales", [1, 1])]);
    done(store, puts(vec![again]), "writing a record").await;
    let found = page(store, "waiting", "t/sales", None, 10).await.records;
    let expected: Vec<_> = load(store, "call/t/1").await.into_iter().collect();
    assert_eq!(found, expected, "a page shows another record than load");
}

/// Records come by their first sort number, whatever the order of writing or of keys.
pub async fn an_index_is_ascending(store: &dyn Store) {
    let created = [("c/t/1", [20, 0]), ("a/t/1", [30, 0]), ("b/t/1", [3, 0]), ("d/t/1", [100, 0])];
    sorts(store, &created, &["b/t/1", "c/t/1", "a/t/1", "d/t/1"], "the index is not ascending by number").await;
}

/// The second sort number decides among equal first ones.
pub async fn the_second_number_breaks_ties(store: &dyn Store) {
    let created = [("a/t/1", [1, 10]), ("b/t/1", [1, 9]), ("c/t/1", [0, 11]), ("d/t/1", [1, -1])];
    let what = "the second number does not decide among equal first ones";
    sorts(store, &created, &["c/t/1", "d/t/1", "b/t/1", "a/t/1"], what).await;
}

/// Negative numbers come before zero, down to the ends of 64 bits.
pub async fn negative_numbers_sort_first(store: &dyn Store) {
    let created = [
        ("a/t/1", [i64::MAX, 0]),
        ("b/t/1", [1, i64::MIN]),
        ("c/t/1", [0, 0]),
        ("d/t/1", [-1, i64::MAX]),
        ("e/t/1", [-10, 0]),
        ("f/t/1", [i64::MIN, i64::MIN]),
        ("g/t/1", [i64::MIN, i64::MAX]),
    ];
    let expected = ["f/t/1", "g/t/1", "e/t/1", "d/t/1", "c/t/1", "b/t/1", "a/t/1"];
    sorts(store, &created, &expected, "numbers are not sorted as signed 64 bit numbers").await;
    assert_eq!(paged(store, "waiting", "t/sales", 1).await, expected, "a cursor at an extreme number lost its place");
}

/// Keys decide among equal numbers, compared bytewise and not as a language would.
pub async fn keys_break_ties_bytewise(store: &dyn Store) {
    let names = ["call/t/b", "call/t/B", "call/t/a-b", "call/t/ab", "call/t/a", "call/t/_", "call/t/10", "call/t/9"];
    let created: Vec<_> = names.iter().map(|name| (*name, [5, 5])).collect();
    let mut expected = names;
    expected.sort_unstable();
    sorts(store, &created, &expected, "equal numbers are not sorted bytewise by key").await;
    assert_eq!(paged(store, "waiting", "t/sales", 1).await, expected, "paging does not go on bytewise by key");
}

/// Indexes, and parts of one index, do not see each other's records, also where names begin alike.
pub async fn parts_are_kept_apart(store: &dyn Store) {
    let places =
        [("waiting", "t/sales"), ("waiting", "t/sales2"), ("waiting", "t"), ("wait", "t/sales"), ("ready", "t/sales")];
    let put = |place: &(&str, &str)| {
        let name = format!("{}:{}", place.0, place.1);
        placed(create(&name, ""), &[(place.0, place.1, [1, 1])])
    };
    done(store, puts(places.iter().map(put).collect()), "creating records in five parts").await;
    for (index, partition) in places {
        let expected = [format!("{index}:{partition}")];
        assert_eq!(listed(store, index, partition).await, expected, "another part shows up in {index} {partition}");
    }
}

/// A record is listed at each of its places.
pub async fn a_record_has_many_places(store: &dyn Store) {
    let parts: Vec<_> = (0..INDEX_ENTRIES_MAX).map(|number| format!("t/queue-{number}")).collect();
    let places: Vec<_> = parts.iter().map(|part| ("ready", part.as_str(), [7, 0])).collect();
    done(store, puts(vec![placed(create("agent/t/1", ""), &places)]), "creating a record with many places").await;
    for part in &parts {
        assert_eq!(listed(store, "ready", part).await, ["agent/t/1"], "a record is missing at one of its places");
    }
}

/// Writing moves a record within its part, and to another part, leaving no trace behind.
pub async fn writing_moves_a_record(store: &dyn Store) {
    done(store, puts(vec![waiting("a/t/1", [1, 0]), waiting("b/t/1", [2, 0])]), "creating records").await;
    let within = placed(write("a/t/1", 1, ""), &[("waiting", "t/sales", [3, 0])]);
    done(store, puts(vec![within]), "moving a record within its part").await;
    let list = listed(store, "waiting", "t/sales").await;
    assert_eq!(list, ["b/t/1", "a/t/1"], "a record that moved within its part is listed wrongly");
    let away = placed(write("a/t/1", 2, ""), &[("waiting", "t/support", [1, 0])]);
    done(store, puts(vec![away]), "moving a record to another part").await;
    assert_eq!(listed(store, "waiting", "t/sales").await, ["b/t/1"], "a record that moved away is still listed");
    assert_eq!(listed(store, "waiting", "t/support").await, ["a/t/1"], "a record that moved is not listed there");
}

/// Writing without entries takes a record out of every index.
pub async fn writing_without_entries_unlists(store: &dyn Store) {
    done(store, puts(vec![waiting("a/t/1", [1, 0]), waiting("b/t/1", [2, 0])]), "creating records").await;
    done(store, puts(vec![write("a/t/1", 1, "x")]), "writing a record without entries").await;
    assert_eq!(listed(store, "waiting", "t/sales").await, ["b/t/1"], "a record that gave up its place is listed");
    holds(store, "a/t/1", 2, "x", "giving up its place changed a record").await;
}

/// Deleting takes a record out of every index, and creating it again does not bring old places back.
pub async fn deleting_unlists(store: &dyn Store) {
    done(store, puts(vec![waiting("a/t/1", [1, 0]), waiting("b/t/1", [2, 0])]), "creating records").await;
    done(store, deletes("a/t/1", 1), "deleting a record").await;
    assert_eq!(listed(store, "waiting", "t/sales").await, ["b/t/1"], "a deleted record is still listed");
    done(store, puts(vec![create("a/t/1", "x")]), "creating a deleted record again").await;
    assert_eq!(listed(store, "waiting", "t/sales").await, ["b/t/1"], "a record came back to its old place");
}

/// Pages of any size, put together, are the whole list: nothing twice, nothing left out, nothing out of order.
pub async fn pages_neither_repeat_nor_skip(store: &dyn Store) {
    let name = |number: i64| format!("call/t/{:02}", (number * 7) % 23);
    // Several records share both numbers, so that pages end between equals.
    let sort = |number: i64| [number / 6 - 1, (number % 6) / 3];
    done(store, puts((0..23).map(|number| waiting(&name(number), sort(number))).collect()), "creating records").await;
    let mut expected: Vec<_> = (0..23).map(|number| (sort(number), name(number))).collect();
    expected.sort();
    let expected: Vec<_> = expected.into_iter().map(|(_, name)| name).collect();
    for limit in [1, 2, 3, 4, 5, 7, 11, 22, 23, 24, 256] {
        let got = paged(store, "waiting", "t/sales", limit).await;
        assert_eq!(got, expected, "pages of {limit} put together are not the list");
    }
}

/// The first page of two holds the first two, and says that there is more.
pub async fn a_page_holds_at_most_its_limit(store: &dyn Store) {
    done(store, puts((0..5).map(|number| waiting(&format!("call/t/{number}"), [number, 0])).collect()), "creating")
        .await;
    let page = page(store, "waiting", "t/sales", None, 2).await;
    let keys: Vec<_> = page.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["call/t/0", "call/t/1"], "the first page does not hold the first records");
    assert!(page.next.is_some(), "a page that leaves three records out says it is the last");
}

/// A cursor is a place, not a record: it goes on also where the record it names has moved or gone.
pub async fn a_cursor_outlives_its_record(store: &dyn Store) {
    done(store, puts((0..6).map(|number| waiting(&format!("call/t/{number}"), [number, 0])).collect()), "creating")
        .await;
    let first = page(store, "waiting", "t/sales", None, 3).await;
    done(store, deletes("call/t/2", 1), "deleting the last record of a page").await;
    done(store, puts(vec![write("call/t/1", 1, "")]), "unlisting a record of a page").await;
    let second = page(store, "waiting", "t/sales", first.next, 10).await;
    let keys: Vec<_> = second.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["call/t/3", "call/t/4", "call/t/5"], "a page after a deleted record is not the rest");
    let made_up = Cursor { sort: [4, -1], key: key("zzz") };
    let rest = page(store, "waiting", "t/sales", Some(made_up), 10).await;
    let keys: Vec<_> = rest.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["call/t/4", "call/t/5"], "a cursor between two records does not go on at the next");
}
