//! The rules bite: each planted fault is caught by the rule that is meant for it, and its innocent twin is not.

use super::rules::{check, check_changelog};

/// Rule, path, source that breaks it (on its last line but for sizes).
const PLANTED: &[(&str, &str, &str)] = &[
    ("layers", "src/phone.rs", "use crate::model::Call;"),
    ("layers", "src/model/call.rs", "use crate::core::decide;"),
    ("layers", "src/core/offer.rs", "fn f() { crate::engine::turn(); }"),
    ("layers", "src/engine/turn.rs", "use crate::telephony::twilio::client::TwilioClient;"),
    ("layers", "src/engine/turn.rs", "use crate::{\n    id::CallId,\n    conformance::store::{cases, Case},\n};"),
    ("layers", "src/telephony/twilio/request.rs", "use super::dialect::TwilioDialect;"),
    ("layers", "src/store/memory.rs", "use super::super::engine::Engine;"),
    ("layers", "src/core/offer.rs", "use crate::Switchboard;"),
    ("layers", "src/core/offer.rs", "use crate::*;"),
    ("layers", "src/core/offer.rs", "use crate::surprise::g;"),
    ("layers", "src/surprise.rs", "fn f() {}"),
    ("core-is-synchronous", "src/core/call.rs", "async fn f() {}"),
    ("core-is-synchronous", "src/routing/skills.rs", "fn f() { g().await }"),
    ("core-has-no-clock", "src/core/call.rs", "use std::time::{Duration, Instant};"),
    ("core-has-no-clock", "src/model/call.rs", "fn f() { let now = chrono::Utc::now(); }"),
    ("core-has-no-chance", "src/routing/skills.rs", "fn f() -> u8 { rand::random() }"),
    ("core-has-no-chance", "src/core/call.rs", "fn f() { uuid::Uuid::new_v4(); }"),
    ("core-has-no-floats", "src/core/call.rs", "fn f(x: f64) {}"),
    ("core-has-no-floats", "src/core/call.rs", "fn f() { let x = 0.5; }"),
    ("core-has-no-floats", "src/routing/skills.rs", "fn f() { let x = 1f32; }"),
    ("no-hash-order", "src/core/call.rs", "use std::collections::HashMap;"),
    ("no-hash-order", "src/sim/carrier/rest.rs", "use std::collections::{BTreeMap, HashSet};"),
    ("core-has-no-surroundings", "src/core/call.rs", "fn f() { std::env::var(\"X\"); }"),
    ("core-has-no-surroundings", "src/model/call.rs", "fn f() { tracing::info!(\"x\"); }"),
    ("core-never-panics-on-input", "src/core/call.rs", "fn f() { panic!(\"x\") }"),
    ("no-unwrap", "src/core/call.rs", "fn f() { g().unwrap() }"),
    ("no-unwrap", "src/http.rs", "#[cfg(test)]\nmod tests { fn f() { g().unwrap() } }\nfn f() { g().unwrap() }"),
    ("no-unwrap", "src/http.rs", "#[cfg(not(test))]\nfn f() { g().unwrap() }"),
    ("one-clock", "src/runtime.rs", "fn f() { std::time::Instant::now(); }"),
    ("one-clock", "src/http.rs", "fn f() { SystemTime::now(); }"),
    ("adapters-are-leaves", "src/engine/mod.rs", "fn f() { tokio::spawn(g()); }"),
    ("adapters-are-leaves", "src/webhook/mod.rs", "use axum::Router;"),
    ("adapters-are-leaves", "src/sim/carrier/rest.rs", "use tokio::time;"),
    ("sim-is-for-tests", "src/runtime.rs", "use crate::sim::carrier::Carrier;"),
    ("sim-is-for-tests", "src/http.rs", "use crate::{id::CallId, sim::carrier::Carrier};"),
    ("stores-understand-nothing", "src/store/postgres/sql.rs", "use super::super::super::model::Call;"),
    ("stores-understand-nothing", "src/store/memory.rs", "use crate::model::Call;"),
    ("twiml-knows-no-calls", "src/twiml/mod.rs", "use crate::model::Call;"),
    ("scripts-know-no-provider", "src/script.rs", "use crate::twiml::Response;"),
    ("nothing-promised", "src/id.rs", "fn f() { todo!() }"),
    ("nothing-promised", "tests/it/x.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}"),
    ("nothing-promised", "src/id.rs", "#[allow(dead_code)]\nfn f() {}"),
    ("names", "src/core/call.rs", "pub struct CallManager;"),
    ("names", "src/core/call.rs", "trait StringUtils {}"),
    ("names", "examples/demo.rs", "enum HelperKind {}"),
    ("names", "src/core/util.rs", "fn f() {}"),
    ("front-page", "src/lib.rs", "pub fn f() {}"),
    ("front-page", "src/lib.rs", "pub mod id;\nuse std::fmt;"),
    ("front-page", "src/lib.rs", "pub mod id { pub struct X; }"),
];

/// Looks like a fault and is none.
const INNOCENT: &[(&str, &str)] = &[
    ("src/engine/turn.rs", "use crate::{core::{decide, Outcome}, id::CallId, store::{self, Key}};"),
    ("src/telephony/twilio/dialect.rs", "use crate::core::input::Fact;\nuse super::request::ApiRequest;"),
    ("src/conformance/store.rs", "macro_rules! m { () => { $crate::Switchboard; $crate::store::Key } }"),
    ("src/conformance/store.rs", "fn f() { crate::for_each_store_case!(g); h().unwrap(); }"),
    ("src/core/call.rs", "// use crate::engine::Engine; let x: f64 = 0.5; panic!\nfn f() {}"),
    ("src/core/call.rs", "/* outer /* HashMap */ async */ fn f() { g(\"panic!(\\\" HashMap\", r#\"f64 \" async\"#) }"),
    ("src/core/call.rs", "/// ```\n/// store.load().await.unwrap();\n/// ```\nfn f<'a>(x: &'a str) -> char { '\"' }"),
    ("src/core/call.rs", "fn f(p: ((u8, u8), u8)) -> u64 { p.0.1; x.0; 1..5; 0xf64; 10_000; a.max(2) }"),
    (
        "src/core/call.rs",
        "#[cfg(test)]\nmod tests {\n    use std::collections::HashMap;\n    fn f() { g().unwrap() }\n}",
    ),
    ("src/core/call.rs", "#[cfg(all(test, feature = \"sim\"))]\nuse crate::sim::Carrier;\nfn f() {}"),
    ("src/core/call/tests.rs", "use crate::engine::Engine;\nfn f() { g().unwrap() }"),
    (
        "src/core/agent.rs",
        "pub struct Utilisation;\npub struct Unmanaged;\nfn brand(operand: u8) { g().unwrap_or(operand) }",
    ),
    ("src/time.rs", "fn f() { Utc::now(); }"),
    ("src/runtime.rs", "fn f() { tokio::time::Instant::now(); }"),
    ("src/conformance/store.rs", "fn f() { crate::for_each_case!([crate::case_values] []) }"),
    ("src/telephony/twilio/client.rs", "use reqwest::Client;\nuse crate::time::Clock;"),
    (
        "src/lib.rs",
        "//! What it is.\n#![warn(x)]\n\nmod engine;\n#[cfg(feature = \"sim\")]\npub mod sim;\npub use engine::{A, B};",
    ),
];

#[test]
fn every_planted_fault_is_caught_by_its_rule() {
    for (rule, path, text) in PLANTED {
        let found = check(path, text);
        let caught = found.iter().find(|violation| violation.rule == *rule);
        let caught = caught.unwrap_or_else(|| panic!("{rule} overlooks, in {path}:\n{text}\nfound: {found:?}"));
        let place = caught.place.strip_prefix(path).and_then(|rest| rest.strip_prefix(':'));
        let line = place.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        assert!((1..=text.lines().count()).contains(&line), "{rule} names no line of {path}: {caught}");
    }
}

#[test]
fn what_only_looks_like_a_fault_is_let_be() {
    for (path, text) in INNOCENT {
        let found = check(path, text);
        assert!(found.is_empty(), "{path}:\n{text}\nfound: {found:?}");
    }
}

#[test]
fn the_line_named_is_the_line_that_breaks_the_rule() {
    let text =
        "//! Docs.\n\nuse crate::id::CallId;\n/* two\nlines */\nuse crate::engine::{\n    turn,\n    Engine,\n};\n";
    let places: Vec<_> = check("src/core/call.rs", text).into_iter().map(|v| v.place).collect();
    assert_eq!(places, ["src/core/call.rs:7", "src/core/call.rs:8"]);
}

#[test]
fn a_function_may_have_seventy_lines_and_not_one_more() {
    // Braces in strings, characters and comments do not count; nor does the array's `;` end the signature.
    let function = |lines: usize| {
        let body = "    g(\"}\", '}', b'{', r#\"}\"}\"#); // }\n".repeat(lines - 2);
        format!(
            "impl X {{\n/// Says.\npub(crate) fn long<'a>(x: [u8; 3]) -> &'a str {{\n{body}}}\n}}\nfn short() {{}}\n"
        )
    };
    assert!(check("src/id.rs", &function(70)).is_empty());
    let found = check("src/id.rs", &function(71));
    assert_eq!(
        found.iter().map(|v| (v.rule, v.place.as_str())).collect::<Vec<_>>(),
        [("function-size", "src/id.rs:3")]
    );
    assert!(found[0].message.contains("`long` has 71 lines"), "{}", found[0]);
}

#[test]
fn a_file_may_have_six_hundred_lines_and_not_one_more() {
    assert!(check("src/id.rs", &"// x\n".repeat(600)).is_empty());
    let found = check("tests/it/x.rs", &"// x\n".repeat(601));
    assert_eq!(found.iter().map(|v| v.rule).collect::<Vec<_>>(), ["file-size"]);
    let front = check("src/lib.rs", &"//! x\n".repeat(200));
    assert_eq!(front.iter().map(|v| v.rule).collect::<Vec<_>>(), ["front-page"]);
}

#[test]
fn a_changelog_of_another_form_is_refused() {
    let good = "# Changelog\n\n## Unreleased\n\nThe first one.\n\n### Data\n\n- It is stored\n  differently.\n\n\
                ### Added\n\n- A thing.\n\n## 0.1.0 (2026-01-31)\n\nOlder.\n";
    assert!(check_changelog(good).is_empty(), "{:?}", check_changelog(good));
    let spoilt = [
        ("# Changelog", "# Changes"),
        ("## Unreleased", "## Next"),
        ("(2026-01-31)", "- 31 January"),
        ("The first one.\n", ""),
        ("Older.\n", ""),
        ("### Data", "### Misc"),
        ("### Data", "### Security"),
        ("### Data\n", ""),
        ("  differently.", "  differently"),
        ("- A thing.", "- a thing"),
    ];
    for (from, to) in spoilt {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        assert!(!check_changelog(&text).is_empty(), "overlooked: {from:?} turned into {to:?}");
    }
}
