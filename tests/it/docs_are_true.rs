//! The pages name what is there.

use std::fs;
use std::path::Path;

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

/// The rows of the tables below a heading, cell by cell.
fn rows<'p>(page: &'p str, heading: &str) -> Vec<Vec<&'p str>> {
    let (_, below) = page.split_once(heading).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = below.split("\n#").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1);
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// Names in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_the_protocol_names_is_there() {
    let (page, main) = (read("docs/protocol.md"), read("tests/it/main.rs"));
    let mut named = 0;
    for row in rows(&page, "# Protocol") {
        assert_eq!(row.len(), 4, "{row:?}");
        for test in quoted(row[3]) {
            assert!(main.contains(&format!("mod {test};")), "docs/protocol.md names {test}, no module of tests/it");
            named += 1;
        }
    }
    assert!(named > 10, "{named} tests are named: the page is read wrongly");
}

/// The public fields of a struct, each with its default as `impl Default` has it.
fn defaults(source: &str, name: &str) -> Vec<(String, String)> {
    let body = |start: &str| {
        let (_, rest) = source.split_once(start).unwrap_or_else(|| panic!("no {start}"));
        rest.split_once("\n}").map_or(rest, |(body, _)| body).to_owned()
    };
    let values = body(&format!("impl Default for {name} {{"));
    let value = |field: &str| {
        let line = values.lines().find_map(|line| line.trim().strip_prefix(&format!("{field}: ")).map(str::to_owned));
        line.unwrap_or_else(|| panic!("{name}::{field} has no default")).trim_end_matches(',').to_owned()
    };
    let fields = body(&format!("pub struct {name} {{"));
    let names = fields.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':').map(|(f, _)| f));
    names.map(|field| (field.to_owned(), value(field))).collect()
}

/// A default as the page writes it; `None`: it is a group of switches of its own.
fn told(code: &str) -> Option<String> {
    let inner = |from: &str| code.strip_prefix(from).and_then(|rest| rest.strip_suffix(')'));
    let text = code.strip_suffix(".to_owned()").map(|text| text.trim_matches('"').to_owned());
    Some(match code {
        "None" | "BTreeSet::new()" => "none".to_owned(),
        "FirstChannel::default()" => "parent".to_owned(),
        _ if code.ends_with("::default()") => return None,
        _ => match (inner("Duration::from_secs("), inner("Duration::from_millis("), text) {
            (Some(secs), ..) => {
                secs.strip_suffix(" * 60").map_or_else(|| format!("{secs} s"), |min| format!("{min} min"))
            }
            (_, Some(ms), _) => format!("{ms} ms"),
            (.., Some(text)) => text,
            _ => code.to_owned(),
        },
    })
}

#[test]
fn every_switch_is_on_the_page_of_the_protocol_with_its_default() {
    let page = read("docs/protocol.md");
    let groups = [
        ("### `rules`\n", "rules", "Rules"),
        ("### `rules.wire`\n", "wire_types", "WireRules"),
        ("### `rules.voice`\n", "voice_types", "VoiceRules"),
        ("### `rules.sockets`\n", "rules", "SocketRules"),
        ("### `account`\n", "account", "AccountConfig"),
    ];
    for (heading, file, name) in groups {
        let known: Vec<(String, String)> = defaults(&read(&format!("src/sim/carrier/{file}.rs")), name)
            .into_iter()
            .filter_map(|(field, code)| Some((field, told(&code)?)))
            .collect();
        let on_page: Vec<(String, String)> = rows(&page, heading)
            .iter()
            .map(|row| (row[0].trim_matches('`').to_owned(), row[1].trim_matches('`').to_owned()))
            .collect();
        assert!(known.len() > 5, "{name} is read wrongly: {known:?}");
        assert_eq!(on_page, known, "docs/protocol.md, {heading}");
    }
}

#[test]
fn whatever_is_not_verified_is_on_the_page_of_the_protocol() {
    let page = read("docs/protocol.md");
    let table = rows(&page, "## What is not verified");
    let named: Vec<&str> = table.iter().flat_map(|row| quoted(row[0])).collect();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(&path).expect("text").to_lowercase();
            let says = source.lines().any(|line| {
                let comment = line.split_once("//").map_or("", |(_, comment)| comment);
                comment.contains("unverified") && !comment.contains("an unverified request")
            });
            if says || source.contains("(unverified)") {
                let module = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("within").with_extension("");
                found.push(module.to_string_lossy().trim_start_matches("src/").replace('/', "::"));
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    for module in &found {
        let is_named = named.iter().any(|name| module == name || module.starts_with(&format!("{name}::")));
        assert!(is_named, "{module} has an unverified point that docs/protocol.md does not tell");
    }
    for name in named {
        let is_there = found.iter().any(|module| module == name || module.starts_with(&format!("{name}::")));
        assert!(is_there, "docs/protocol.md names {name}, where nothing is unverified");
    }
}
