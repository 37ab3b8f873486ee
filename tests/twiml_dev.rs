//! Development only.
#[path = "it"]
mod it {
    mod twiml_of_the_official_libraries;
    mod twiml_says_what_was_meant;
}
