//! Bodies and work come back as they were written.

use serde_json::{Value, json};

use super::given::*;
use crate::store::{Arm, Body, Commit, Put, Rearm, Store};

/// Writes `value` as a body and as work, and compares what comes back.
async fn comes_back(store: &dyn Store, number: usize, value: Value) {
    let name = format!("call/t/{number}");
    let body = Body::new(value);
    let put = Put { body: body.clone(), ..create(&name, "") };
    let task = Arm { work: body.clone(), ..arm(&name, at(0), Rearm::Replace, "") };
    done(store, Commit { puts: vec![put], arm: vec![task], ..Commit::default() }, "writing a body").await;
    let found = load(store, &name).await.map(|record| record.body);
    assert_eq!(found.as_ref(), Some(&body), "a body came back different");
    let task = claim_one(store, at(0), &name, "a task that is due was not given out").await;
    assert_eq!(task.work, body, "work came back different");
    done(store, settles(&[&task.lease]), "settling a claimed task").await;
}

async fn all_come_back(store: &dyn Store, values: Vec<Value>) {
    for (number, value) in values.into_iter().enumerate() {
        comes_back(store, number, value).await;
    }
}

/// Objects, lists, texts, truths, fractions and nothing come back equal, also when nested or empty.
pub async fn every_kind_of_json_comes_back(store: &dyn Store) {
    let deep = (0..20).fold(json!("deep"), |inner, _| json!([{ "in": inner }]));
    let values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(""),
        json!([]),
        json!({}),
        json!([[], {}, [null]]),
        json!({ "": "no name", "a": null, "b": { "c": [1, "2", 3.5, -0.25] } }),
        deep,
    ];
    all_come_back(store, values).await;
}

/// Whole numbers come back exactly up to the ends of 64 bits, beyond what a floating point number keeps.
pub async fn integers_come_back_exactly(store: &dyn Store) {
    let values =
        [i64::MIN, i64::MIN + 1, -9_007_199_254_740_993, -1, 0, 1, 9_007_199_254_740_993, i64::MAX - 1, i64::MAX];
    all_come_back(store, values.into_iter().map(|number| json!({ "n": number, "list": [number] })).collect()).await;
}

/// Text comes back code point by code point: no case folding, trimming, normalising or unescaping.
pub async fn text_comes_back_exactly(store: &dyn Store) {
    let texts = [
        "Grüße, 世界",
        "\u{1F4DE} \u{1F469}\u{200D}\u{1F4BB}",
        "e\u{301} is not \u{e9}",
        "  blanks, tabs\t, lines\r\n and the end \n",
        "'; drop table records; -- \" \\ \\u0041 %s $1 ?1 {}",
        "\u{1}\u{1f}\u{7f}\u{2028}\u{fffd}\u{10ffff}",
    ];
    all_come_back(store, texts.into_iter().map(|text| json!({ "text": text, text: 1 })).collect()).await;
}

/// A body is replaced whole: what the new one does not mention is gone.
pub async fn a_write_replaces_the_whole_body(store: &dyn Store) {
    let first = Put { body: Body::new(json!({ "a": 1, "b": { "c": 2 } })), ..create("call/t/1", "") };
    done(store, puts(vec![first]), "creating a record").await;
    let second = Body::new(json!({ "b": { "d": 3 } }));
    done(store, puts(vec![Put { body: second.clone(), ..write("call/t/1", 1, "") }]), "writing a record").await;
    let found = load(store, "call/t/1").await.map(|record| record.body);
    assert_eq!(found, Some(second), "a new body was merged with the old one");
}
