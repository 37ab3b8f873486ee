//! Documents that Twilio's own libraries write: they are read, and written back they say the same.
//!
//! `tests/interop/twiml_documents.py` and `.mjs` ask twilio-python 9.13.0 and twilio-node 6.2.0 for every verb, noun,
//! attribute and word they know, and print one document for each. `scripts/official-documents` puts their output into
//! `tests/data/twiml/`.

use std::collections::BTreeSet;

use quick_xml::events::{BytesStart, Event};
use switchboard::twiml::{Response, interpret, parse};

#[cfg(feature = "sim")]
use super::twiml_says_what_was_meant::carrier::{notices, of_form};
use super::twiml_says_what_was_meant::documents::NAMES;

/// What the libraries write and Twilio has no use for.
const DEAD: &[(&str, &str)] = &[
    ("Connect>Autopilot", "the product has ended"),
    ("Queue", "a noun of Dial; as a verb it is in the libraries only, without a documented use"),
];

/// What only Twilio's documentation has.
const DOCUMENTED_ONLY: &[&str] = &[
    "Client@clientNotificationUrl",
    "Pay@method",
    "Recording@name",
    "Transcription@conversationConfiguration",
    "Transcription@conversationId",
    "Transcription@enableProviderData",
];

#[derive(serde::Deserialize)]
struct Official {
    verb: String,
    xml: String,
}

fn official() -> Vec<Official> {
    let files =
        [include_str!("../data/twiml/official_python.jsonl"), include_str!("../data/twiml/official_node.jsonl")];
    let lines = files.iter().flat_map(|file| file.lines());
    lines.map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

fn living() -> Vec<Official> {
    let dead = |one: &Official| DEAD.iter().any(|(verb, _)| one.verb == *verb);
    official().into_iter().filter(|one| !dead(one)).collect()
}

/// An element as an independent reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tree {
    name: String,
    attributes: BTreeSet<(String, String)>,
    children: Vec<Self>,
    text: String,
}

fn tree(xml: &str) -> Tree {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = vec![Tree::default()];
    loop {
        match reader.read_event().expect("well formed") {
            Event::Start(start) => open.push(opened(&start)),
            Event::Empty(start) => {
                let child = opened(&start);
                open.last_mut().expect("a parent").children.push(child);
            }
            Event::End(_) => {
                let child = open.pop().expect("it was opened");
                open.last_mut().expect("a parent").children.push(child);
            }
            Event::Text(text) => open.last_mut().expect("an element").text.push_str(&text),
            Event::GeneralRef(name) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*name)).expect("a known entity").into_owned();
                open.last_mut().expect("an element").text.push_str(&text);
            }
            Event::Decl(_) => {}
            Event::Eof => return open.remove(0).children.remove(0),
            other => panic!("{other:?}"),
        }
    }
}

fn opened(start: &BytesStart<'_>) -> Tree {
    let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        let value = quick_xml::escape::unescape(&attribute.value).expect("known entities").into_owned();
        (attribute.key.as_ref().to_owned(), value)
    };
    let attributes = start.attributes().map(|one| attribute(one.expect("an attribute"))).collect();
    Tree { name: start.name().as_ref().to_owned(), attributes, ..Tree::default() }
}

/// The tree with one spelling for what has two.
fn plain(mut tree: Tree) -> Tree {
    tree.children = tree.children.into_iter().map(plain).collect();
    // A text that a parent takes for an element of its own.
    if tree.name == "Dial" && !tree.text.is_empty() {
        let text = std::mem::take(&mut tree.text);
        tree.children.push(Tree { name: "Number".to_owned(), text, ..Tree::default() });
    }
    // An element that says no more than its parent's text would.
    let lone = |tag: &str| matches!(tree.children.as_slice(), [only] if only.name == tag);
    if (tree.name == "Client" && lone("Identity")) || (tree.name == "Application" && lone("ApplicationSid")) {
        tree.text = tree.children.remove(0).text;
    }
    // Older words for the same.
    let record = |value: &str| match value {
        "true" => "record-from-answer".to_owned(),
        "false" => "do-not-record".to_owned(),
        other => other.to_owned(),
    };
    tree.attributes = tree
        .attributes
        .into_iter()
        .map(|(name, value)| if name == "record" { (name, record(&value)) } else { (name, value) })
        .collect();
    tree
}

#[test]
fn every_document_is_read_and_says_the_same_when_it_is_written_back() {
    let documents = living();
    assert!(documents.len() > 500, "only {} documents", documents.len());
    for Official { verb, xml } in documents {
        let document = parse(&xml).unwrap_or_else(|error| panic!("{verb}: {error}\n{xml}"));
        let written = document.build().unwrap_or_else(|refused| panic!("{verb}: {refused:?}\n{xml}"));
        assert_eq!(plain(tree(written.as_str())), plain(tree(&xml)), "{verb}: {xml}");
        assert_eq!(parse(written.as_str()), Ok(document), "{verb}");
    }
}

#[test]
fn a_forgiving_reader_finds_nothing_to_forgive() {
    for Official { verb, xml } in living() {
        let read = interpret(&xml).unwrap_or_else(|error| panic!("{verb}: {error}"));
        assert_eq!(read.warnings, [], "{verb}: {xml}");
        assert_eq!(Ok(read.document), parse(&xml), "{verb}");
    }
}

#[cfg(feature = "sim")]
#[test]
fn the_carrier_knows_every_attribute_and_word() {
    for Official { verb, xml } in living() {
        let found: Vec<_> = notices(&xml).into_iter().filter(of_form).collect();
        assert!(found.is_empty(), "{verb}: {found:?}\n{xml}");
    }
}

#[test]
fn what_twilio_has_no_use_for_is_named_and_skipped() {
    for (verb, reason) in DEAD {
        let of_it: Vec<_> = official().into_iter().filter(|one| one.verb == *verb).collect();
        assert!(!of_it.is_empty(), "{verb} ({reason}) is no longer written");
        for one in of_it {
            assert!(parse(&one.xml).is_err(), "{verb}");
            let read = interpret(&one.xml).expect("it is XML");
            let name = verb.rsplit('>').next().unwrap_or_default();
            assert!(read.warnings.iter().any(|warning| warning.place.contains(name)), "{:?}", read.warnings);
            assert_eq!(read.document, Response::new(), "{verb}");
        }
    }
}

/// The elements, and the attributes as `Element@attribute`.
fn vocabulary(tree: &Tree, found: &mut BTreeSet<String>) {
    found.insert(tree.name.clone());
    found.extend(tree.attributes.iter().map(|(name, _)| format!("{}@{name}", tree.name)));
    for child in &tree.children {
        vocabulary(child, found);
    }
}

#[test]
fn our_types_have_the_libraries_words_and_only_those_the_documentation_adds() {
    let mut theirs = BTreeSet::new();
    for one in living() {
        vocabulary(&tree(&one.xml), &mut theirs);
    }
    let ours: BTreeSet<String> = NAMES
        .iter()
        .flat_map(|(element, names)| {
            let attributes = names.split_whitespace().map(move |name| format!("{element}@{name}"));
            std::iter::once((*element).to_owned()).chain(attributes)
        })
        .collect();
    let added: Vec<&String> = ours.difference(&theirs).collect();
    assert_eq!(added, DOCUMENTED_ONLY, "ours and not theirs");
    // Twilio's libraries differ in the spelling of four attributes; the table has one of them.
    let spelt = |word: &&String| !ours.iter().any(|our| our.eq_ignore_ascii_case(word));
    let missing: Vec<&String> = theirs.difference(&ours).filter(spelt).collect();
    assert_eq!(missing, Vec::<&String>::new(), "theirs and not ours");
}
