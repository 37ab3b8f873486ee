//! The rules, as tables where they can be.

use super::source::{Source, body_or_end, crate_paths, end_of_braces, find_words, is_word, line_of, module_of};

/// Most lines of one file.
const FILE_LINES_MAX: usize = 600;
/// Most lines of one function, from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// Most lines of `src/lib.rs`.
const FRONT_PAGE_LINES_MAX: usize = 200;

/// A rule that is broken somewhere.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) rule: &'static str,
    pub(super) place: String,
    pub(super) message: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: [{}] {}", self.place, self.rule, self.message)
    }
}

fn violation(rule: &'static str, source: &Source, at: usize, message: String) -> Violation {
    Violation { rule, place: format!("{}:{}", source.path, line_of(&source.whole, at)), message }
}

/// Which layer a module is in; the longest name that fits holds. A module may use its own layer and lower ones.
const LAYERS: &[(&str, u8)] = &[
    ("id", 0),
    ("time", 0),
    ("phone", 0),
    // What the application sees names the refusals of the rules and the faults of the store.
    ("error", 3),
    ("model", 1),
    ("script", 1),
    ("setup", 1),
    ("routing", 1),
    ("forecast", 1),
    ("store", 1),
    ("telephony", 1),
    ("webhook", 1),
    ("twiml", 1),
    ("media", 1),
    ("speech", 1),
    ("core", 2),
    ("report", 2),
    ("engine", 3),
    // Reads webhooks into the core's facts and writes scripts: it needs `core`'s inputs, and is an adapter otherwise.
    ("telephony::twilio::dialect", 3),
    ("runtime", 4),
    ("http", 4),
    ("store::postgres", 4),
    ("store::sqlite", 4),
    ("telephony::twilio::client", 4),
    ("telephony::twilio::config", 4),
    ("telephony::twilio::rest", 4),
    ("conformance", 4),
    ("sim", 4),
    ("simulator", 4),
    ("_docs", 4),
];

fn layer_of(parts: &[String]) -> Option<u8> {
    (1..=parts.len()).rev().find_map(|n| {
        let name = parts[..n].join("::");
        LAYERS.iter().find(|(module, _)| *module == name).map(|(_, layer)| *layer)
    })
}

/// Exported macros stand at the crate's root, and nothing else that begins in lower case does.
fn is_macro(parts: &[String]) -> bool {
    matches!(parts, [name] if name.ends_with('!') || name.starts_with(|c: char| c.is_lowercase() || c == '_'))
}

fn layers(source: &Source) -> Vec<Violation> {
    let here = module_of(&source.path);
    if here.is_empty() || !source.is_in("src/") {
        return Vec::new();
    }
    let Some(own) = layer_of(&here) else {
        let message = format!("`{}` is in no layer: give it one in LAYERS (tests/it/architecture/rules.rs)", here[0]);
        return vec![violation("layers", source, 0, message)];
    };
    let mut found = Vec::new();
    for path in crate_paths(&source.path, &source.code) {
        let name = path.parts.join("::");
        let message = match (layer_of(&path.parts), path.parts.first()) {
            (Some(layer), _) if layer > own => format!(
                "layer {own} uses `{name}` of layer {layer}: move what is needed down, or hand it in from above"
            ),
            (None, Some(first)) if path.plain && !is_macro(&path.parts) && first != "self" => {
                format!("`crate::{name}` is no module of a known layer: name the module it is defined in")
            }
            _ => continue,
        };
        found.push(violation("layers", source, path.at, message));
    }
    found
}

/// Words that may not stand in some places.
struct Ban {
    rule: &'static str,
    /// Files and folders (with `/`) that it holds for.
    within: &'static [&'static str],
    /// Files and folders that it does not hold for.
    except: &'static [&'static str],
    words: &'static [&'static str],
    remedy: &'static str,
}

const PURE: &[&str] =
    &["src/core/", "src/core.rs", "src/routing/", "src/routing.rs", "src/model/", "src/model.rs", "src/report/"];
/// Pure, and yet it divides: nothing is decided by a figure.
const FIGURES: &str = "src/report/";
const CENTRE: &[&str] = &[
    "src/id.rs",
    "src/time.rs",
    "src/phone.rs",
    "src/error.rs",
    "src/model/",
    "src/script.rs",
    "src/routing/",
    "src/store/",
    "src/telephony/",
    "src/webhook/",
    "src/twiml/",
    "src/speech.rs",
    "src/core/",
    "src/report/",
    "src/engine/",
    "src/sim/carrier/",
];

/// A deadline of the runtime's own timer, which tests can pause: not the time of day.
const RUNTIME_TIMER: &str = "tokio::time::Instant::now";

const BANS: &[Ban] = &[
    Ban {
        rule: "core-is-synchronous",
        within: PURE,
        except: &[],
        words: &["async", ".await", "async_trait", "Future"],
        remedy: "a decision is a plain function: return what is missing and let the engine read it",
    },
    Ban {
        rule: "core-has-no-clock",
        within: PURE,
        except: &[],
        words: &["SystemTime", "Instant", "Utc::now", "Local::now", "SystemClock", "Clock"],
        remedy: "take `now: Timestamp` as an argument",
    },
    Ban {
        rule: "core-has-no-chance",
        within: PURE,
        except: &[],
        words: &["rand", "fastrand", "getrandom", "new_v4", "now_v7", "RandomState"],
        remedy: "derive it from the seed or from an id that is handed in",
    },
    Ban {
        rule: "no-hash-order",
        within: &["src/core/", "src/routing/", "src/model/", "src/report/", "src/script.rs", "src/engine/", "src/sim/"],
        except: &[],
        words: &["HashMap", "HashSet"],
        remedy: "use BTreeMap or BTreeSet: what runs twice must run the same",
    },
    Ban {
        rule: "core-has-no-surroundings",
        within: PURE,
        except: &[],
        words: &["std::env", "env::var", "std::fs", "std::net", "std::thread", "tracing", "println!", "eprintln!"],
        remedy: "hand the value in, or return what is to be told",
    },
    Ban {
        rule: "core-never-panics-on-input",
        within: PURE,
        except: &[],
        words: &["panic!"],
        remedy: "return an error; a broken invariant is an `assert!` with the sentence that was believed",
    },
    Ban {
        rule: "no-unwrap",
        within: &["src/"],
        except: &["src/conformance/"],
        words: &[".unwrap()", ".unwrap_err()"],
        remedy: "return an error, or `expect` with the reason why it cannot fail",
    },
    Ban {
        rule: "one-clock",
        within: &["src/"],
        except: &["src/time.rs"],
        words: &["SystemTime::now", "Instant::now", "Utc::now", "Local::now"],
        remedy: "only src/time.rs reads the system clock: take a `Clock` or a `Timestamp`",
    },
    Ban {
        rule: "adapters-are-leaves",
        within: CENTRE,
        except: &[
            "src/store/postgres/",
            "src/store/sqlite/",
            "src/telephony/twilio/client.rs",
            "src/telephony/twilio/client/",
            "src/telephony/twilio/config.rs",
            "src/telephony/twilio/rest.rs",
            "src/telephony/twilio/rest/",
        ],
        words: &["tokio", "reqwest", "axum", "hyper", "sqlx"],
        remedy: "the centre compiles without any runtime: move this to a module of layer 4",
    },
    Ban {
        rule: "sim-is-for-tests",
        within: &["src/"],
        except: &["src/sim/", "src/sim.rs", "src/simulator/", "src/simulator.rs", "src/lib.rs"],
        words: &["crate::sim"],
        remedy: "only tests and examples use the simulator",
    },
    Ban {
        rule: "stores-understand-nothing",
        within: &["src/store/"],
        except: &[],
        words: &["crate::model", "crate::core", "crate::script", "crate::telephony"],
        remedy: "bodies are opaque: compute what the store needs before the commit, in the core",
    },
    Ban {
        rule: "twiml-knows-no-calls",
        within: &["src/twiml/"],
        except: &[],
        words: &["crate::model", "crate::core", "crate::store", "crate::engine"],
        remedy: "TwiML is verbs and text; what to say is decided in the core and translated by the dialect",
    },
    Ban {
        rule: "scripts-know-no-provider",
        within: &["src/script.rs"],
        except: &[],
        words: &["quick_xml", "crate::twiml", "crate::telephony"],
        remedy: "a script is provider-neutral: the dialect writes it in the provider's words",
    },
    Ban {
        rule: "nothing-promised",
        within: &["src/", "tests/", "examples/"],
        except: &[],
        words: &["todo!", "unimplemented!", "allow(dead_code", "#[ignore", "dbg!"],
        remedy: "finish it, or take it out",
    },
];

fn bans(source: &Source) -> Vec<Violation> {
    let paths = crate_paths(&source.path, &source.code);
    let mut found = Vec::new();
    for ban in BANS {
        let holds = ban.within.iter().any(|p| source.is_in(p)) && !ban.except.iter().any(|p| source.is_in(p));
        let text = if ban.rule == "nothing-promised" { &source.whole } else { &source.code };
        for word in ban.words.iter().filter(|_| holds) {
            let spots: Vec<usize> = match word.strip_prefix("crate::") {
                // However it is spelt: in a group, or by way of `super`.
                Some(module) => {
                    paths.iter().filter(|p| p.parts.first().is_some_and(|m| m == module)).map(|p| p.at).collect()
                }
                None => find_words(text, word)
                    .into_iter()
                    .filter(|at| !text[..at + word.len()].ends_with(RUNTIME_TIMER))
                    .collect(),
            };
            let message = || format!("`{word}` may not stand here: {}", ban.remedy);
            found.extend(spots.into_iter().map(|at| violation(ban.rule, source, at, message())));
        }
    }
    found
}

/// Floating-point types and literals in the pure centre.
fn no_floats(source: &Source) -> Vec<Violation> {
    if source.is_in(FIGURES) || !PURE.iter().any(|p| source.is_in(p)) {
        return Vec::new();
    }
    let bytes = source.code.as_bytes();
    let mut spots: Vec<usize> = ["f32", "f64"].iter().flat_map(|word| find_words(&source.code, word)).collect();
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map(|i| bytes[i]);
        if !bytes[at].is_ascii_digit() || before.is_some_and(is_word) {
            at += 1;
            continue;
        }
        let start = at;
        at += bytes[at..].iter().take_while(|b| is_word(**b)).count();
        let digits = &source.code[start..at];
        let fraction = bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let suffixed = !digits.starts_with("0x") && (digits.ends_with("f32") || digits.ends_with("f64"));
        // After a point it is a field of a tuple, `pair.0.1`.
        if before != Some(b'.') && (fraction || suffixed) {
            spots.push(start);
        }
    }
    let message = "a decision computes in integers: count micros, cents or parts per million";
    spots.into_iter().map(|at| violation("core-has-no-floats", source, at, message.to_owned())).collect()
}

fn sizes(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let lines = source.whole.lines().count();
    if lines > FILE_LINES_MAX {
        let message = format!("{lines} lines, more than {FILE_LINES_MAX}: split it by what its parts are about");
        found.push(violation("file-size", source, source.whole.len(), message));
    }
    if !source.is_in("src/") {
        return found;
    }
    for at in find_words(&source.whole, "fn") {
        let name = source.whole.get(at + 2..).unwrap_or_default().trim_start();
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
            continue;
        }
        let Some((open, b'{')) = body_or_end(&source.whole, at) else { continue };
        let Some(end) = end_of_braces(&source.whole, open) else { continue };
        let lines = line_of(&source.whole, end) - line_of(&source.whole, at) + 1;
        if lines > FUNCTION_LINES_MAX {
            let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let message = format!("`{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}: name its steps");
            found.push(violation("function-size", source, at, message));
        }
    }
    found
}

/// Words that say nothing about what a type is.
const EMPTY_WORDS: &[&str] = &["Manager", "Managers", "Helper", "Helpers", "Util", "Utils"];

fn names(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut judge = |at: usize, name: &str, words: Vec<String>| {
        if let Some(word) = words.iter().find(|w| EMPTY_WORDS.contains(&w.as_str())) {
            let message = format!("`{name}` is called a {word}: use the field's term for what it is or does");
            found.push(violation("names", source, at, message));
        }
    };
    for kind in ["struct", "enum", "trait", "union", "type", "mod"] {
        for at in find_words(&source.whole, kind) {
            let rest = source.whole.get(at + kind.len()..).unwrap_or_default().trim_start();
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            judge(at, &name, words_of(&name));
        }
    }
    let module = module_of(&source.path).pop().unwrap_or_default();
    judge(0, &module, words_of(&module));
    found
}

/// `CallHelper` and `call_helper` are both Call and Helper; `Utilisation` is one word.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    for c in name.chars() {
        if c == '_' {
            fresh = true;
        } else if fresh || c.is_uppercase() {
            words.push(c.to_uppercase().collect());
            fresh = false;
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

/// `src/lib.rs` says what there is and defines nothing.
fn front_page(source: &Source) -> Vec<Violation> {
    if source.path != "src/lib.rs" {
        return Vec::new();
    }
    let mut found = Vec::new();
    let lines = source.whole.lines().count();
    if lines >= FRONT_PAGE_LINES_MAX {
        let message = format!("{lines} lines: keep it under {FRONT_PAGE_LINES_MAX}, and the rest in docs/");
        found.push(violation("front-page", source, source.whole.len(), message));
    }
    let mut at = 0;
    while at < source.whole.len() {
        let rest = &source.whole[at..];
        let start = at + rest.len() - rest.trim_start().len();
        let item = &source.whole[start..];
        if item.is_empty() {
            break;
        }
        if item.starts_with('#') {
            at = start + item.find(']').map_or(item.len(), |n| n + 1);
            continue;
        }
        let end = item.find(';').map_or(source.whole.len(), |n| start + n + 1);
        let declares = ["mod ", "pub mod ", "pub use "].iter().any(|word| item.starts_with(word));
        if !declares || (item.starts_with("pub mod") && source.whole[start..end].contains('{')) {
            let message = "only docs, `mod` and `pub use` belong here: define it in a module".to_owned();
            found.push(violation("front-page", source, start, message));
        }
        at = end;
    }
    found
}

/// Everything that is wrong with the file at `path`.
pub(super) fn check(path: &str, text: &str) -> Vec<Violation> {
    let source = Source::new(path, text);
    [layers, bans, no_floats, sizes, names, front_page].iter().flat_map(|rule| rule(&source)).collect()
}

/// Headings of one release, in the order they must stand in.
const CHANGE_KINDS: &[&str] = &["Breaking", "Data", "Added", "Changed", "Fixed", "Security"];

/// Everything that is wrong with the form of the changelog.
pub(super) fn check_changelog(text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut wrong = |line: usize, message: &str| {
        let place = format!("CHANGELOG.md:{}", line + 1);
        found.push(Violation { rule: "changelog", place, message: message.to_owned() });
    };
    if text.lines().next() != Some("# Changelog") {
        wrong(0, "the first line is `# Changelog`");
    }
    let (mut releases, mut kind, mut opened, mut item) = (0, 0, true, None::<(usize, String)>);
    for (n, line) in text.lines().chain(["## "]).enumerate() {
        let goes_on = line.starts_with("  ") && item.is_some();
        if !goes_on
            && let Some((at, words)) = item.take()
            && !words.ends_with('.')
        {
            wrong(at, "each entry is a sentence and ends in a full stop");
        }
        if let Some(title) = line.strip_prefix("## ") {
            if !opened {
                wrong(n, "the release before this line does not open with one sentence for people");
            }
            (releases, kind, opened) = (releases + 1, 0, false);
            if !title.is_empty() && !is_release(title) {
                wrong(n, "a release is `## Unreleased` or `## 1.2.3 (2026-01-31)`");
            }
        } else if let Some(title) = line.strip_prefix("### ") {
            match CHANGE_KINDS.iter().position(|k| *k == title) {
                Some(place) if place + 1 > kind => kind = place + 1,
                Some(_) => {
                    wrong(n, "headings stand once, in the order Breaking, Data, Added, Changed, Fixed, Security")
                }
                None => wrong(n, "a heading is one of Breaking, Data, Added, Changed, Fixed, Security"),
            }
        } else if let Some(words) = line.strip_prefix("- ") {
            if kind == 0 {
                wrong(n, "an entry stands under a heading");
            }
            item = Some((n, words.trim_end().to_owned()));
        } else if goes_on {
            if let Some((_, words)) = &mut item {
                words.push_str(line.trim_end());
            }
        } else if !line.trim().is_empty() && kind == 0 {
            opened = true;
        }
    }
    if releases < 2 {
        wrong(0, "there is no release: begin with `## Unreleased`");
    }
    found
}

fn is_release(title: &str) -> bool {
    let dated = |(version, rest): (&str, &str)| {
        let numbers: Vec<&str> = version.split('.').collect();
        let date = rest.strip_suffix(')').unwrap_or_default();
        numbers.len() == 3
            && numbers.iter().all(|n| n.parse::<u32>().is_ok())
            && date.len() == 10
            && date.split('-').map(str::len).eq([4, 2, 2])
            && date.split('-').all(|n| n.parse::<u32>().is_ok())
    };
    title == "Unreleased" || title.split_once(" (").is_some_and(dated)
}
