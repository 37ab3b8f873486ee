//! The pages name what is there.

use std::fs;
use std::path::Path;

use switchboard::report::{AbandonRate, ServiceLevel};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of an enum, read from the source: names that begin a line of its body.
fn variants(source: &str, name: &str) -> Vec<String> {
    let (_, rest) = source.split_once(&format!("pub enum {name} {{")).unwrap_or_else(|| panic!("no enum {name}"));
    let (body, _) = rest.split_once("\n}").unwrap_or((rest, ""));
    let names = body.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let name: String = line.chars().take_while(char::is_ascii_alphanumeric).collect();
        name.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
    });
    names.collect()
}

#[test]
fn every_state_is_on_the_page_of_states() {
    let page = read("docs/states.md");
    let (call, agent, telephony) =
        (read("src/model/call.rs"), read("src/model/agent.rs"), read("src/telephony/mod.rs"));
    let sources = [
        (&call, "CallState"),
        (&call, "EndReason"),
        (&call, "OfferState"),
        (&call, "LegProgress"),
        (&call, "CommandState"),
        (&agent, "AgentStatus"),
        (&telephony, "EndCause"),
    ];
    for (source, name) in sources {
        let found = variants(source, name);
        assert!(found.len() > 2, "{name} is read wrongly: {found:?}");
        for variant in found {
            assert!(page.contains(&format!("`{variant}`")), "docs/states.md does not name {name}::{variant}");
        }
    }
}

#[test]
fn every_action_is_on_the_page_about_telephonies() {
    let (page, source) = (read("docs/writing-a-telephony.md"), read("src/telephony/action.rs"));
    let found = variants(&source, "Action");
    assert!(found.len() > 20, "Action is read wrongly: {found:?}");
    for variant in found {
        assert!(page.contains(&format!("| `{variant}` |")), "docs/writing-a-telephony.md has no line for {variant}");
    }
}

#[test]
fn every_test_that_the_failures_name_is_there() {
    let page = read("docs/failures.md");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1).filter(|line| !line.starts_with("| ---"));
    let mut named = 0;
    for row in rows {
        let test = row.trim_end_matches(" |").rsplit('`').nth(1).unwrap_or_default();
        let (module, function) = test.rsplit_once("::").unwrap_or_else(|| panic!("no test in this row: {row}"));
        let source = read(&format!("tests/it/{}.rs", module.replace("::", "/")));
        let before = source.split(&format!("fn {function}(")).next().filter(|before| before.len() < source.len());
        let attribute = before.and_then(|before| before.trim_end_matches("async ").trim_end().lines().last());
        assert!(
            attribute.is_some_and(|line| line.starts_with("#[") && line.contains("test")),
            "there is no test {test}"
        );
        named += 1;
    }
    assert!(named > 10, "the table is read wrongly");
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned(), "SECURITY.md".to_owned()];
    for entry in fs::read_dir(root.join("docs")).expect("the folder of the pages") {
        pages.push(format!("docs/{}", entry.expect("a page").file_name().to_string_lossy()));
    }
    for page in pages {
        let folder = root.join(&page);
        for link in read(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            let is_here = file.is_empty()
                || file.contains("://")
                || folder.parent().is_some_and(|folder| folder.join(file).exists());
            assert!(is_here, "{page} links to {link}, which is not there");
        }
    }
}

#[test]
fn every_test_that_the_protocol_names_is_there() {
    let page = read("docs/protocol.md");
    let main = read("tests/it/main.rs");
    let rows = page.lines().filter(|line| line.starts_with("| ")).skip(1).filter(|line| !line.starts_with("| ---"));
    let mut named = 0;
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
        for test in tests.split(", ").map(|test| test.trim_matches('`')) {
            assert!(
                main.contains(&format!("mod {test};")),
                "docs/protocol.md names {test}, which is no module of tests/it"
            );
            named += 1;
        }
    }
    assert!(named > 10, "{named} tests are named: the page is read wrongly");
}

#[test]
fn every_definition_is_on_the_page_of_figures() {
    let page = read("docs/figures.md");
    let levels = ServiceLevel::ALL.map(ServiceLevel::name);
    let rates = AbandonRate::ALL.map(AbandonRate::name);
    for name in levels.iter().chain(&rates) {
        assert!(page.contains(&format!("| `{name}` |")), "docs/figures.md does not define {name}");
    }
}
