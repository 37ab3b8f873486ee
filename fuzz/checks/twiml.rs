//! TwiML: no text breaks the reader, what is read is written the same, and no text breaks out of where it stands.

use quick_xml::events::Event;
use quick_xml::reader::Reader;
use switchboard::twiml::{Dial, Gather, Number, Response, Say, Start, Stream, interpret, parse};

/// Reads the input as a document, and writes it as a text within one.
pub(crate) fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(document) = parse(&text)
        && let Ok(written) = document.build()
    {
        let again = parse(written.as_str()).expect("what we write we read");
        assert_eq!(again, document);
    }
    if let Ok(read) = interpret(&text) {
        match read.document.build() {
            Ok(written) => assert_eq!(parse(written.as_str()).expect("what we write we read"), read.document),
            Err(refused) => assert!(refused.iter().all(|refused| refused.code == 11_750), "not left out: {refused:?}"),
        }
        if let Ok(strict) = parse(&text)
            && strict.check().is_empty()
        {
            assert_eq!(read.document, strict);
            assert!(read.warnings.is_empty(), "nothing is wrong: {:?}", read.warnings);
        }
    }
    let hostile = Response::new()
        .say(Say::new(&*text))
        .gather(Gather::new().action(&*text).say(Say::new("a menu")))
        .dial(Dial::new().number(Number::new(&*text)));
    let harmless = Response::new()
        .say(Say::new("a"))
        .gather(Gather::new().action("a").say(Say::new("a menu")))
        .dial(Dial::new().number(Number::new("a")));
    if let (Ok(hostile), Ok(harmless)) = (hostile.build(), harmless.build()) {
        assert_eq!(shape(hostile.as_str()), shape(harmless.as_str()), "a text became markup");
    }
    let streamed = |value: &str| {
        let stream = Stream::new("wss://example.com/audio").parameter("note", value);
        Response::new().start(Start::new(stream)).build()
    };
    if let (Ok(hostile), Ok(harmless)) = (streamed(&text), streamed("a")) {
        assert_eq!(shape(hostile.as_str()), shape(harmless.as_str()), "an attribute became markup");
    }
}

/// The names of elements and attributes, as an independent reader sees them.
fn shape(document: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Eof => return names,
            Event::Start(start) | Event::Empty(start) => {
                names.push(start.name().as_ref().to_owned());
                for attribute in start.attributes() {
                    names.push(format!("@{}", attribute.expect("well-formed").key.as_ref()));
                }
            }
            Event::End(_) => names.push("/".to_owned()),
            Event::Text(_) | Event::GeneralRef(_) | Event::Decl(_) => {}
            other => panic!("not written by us: {other:?}"),
        }
    }
}
