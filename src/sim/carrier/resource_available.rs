//! The AvailablePhoneNumber resource: numbers that can be bought (Twilio docs, AvailablePhoneNumber resource).
//!
//! The numbers are made up; of the search criteria those that the numbers have facts for narrow the list.

use serde_json::{Value, json};

use super::Carrier;
use super::render::formatted;
use super::rest::{Answer, Refusal, Request, not_allowed, not_found, page, refuse};

/// Country code, name, calling code, and the beginnings of its numbers by kind; empty: none of that kind.
type Country = (&'static str, &'static str, &'static str, [&'static str; 3]);

/// Kinds in the order of a country's beginnings.
const KINDS: [(&str, &str); 3] = [("Local", "local"), ("TollFree", "toll_free"), ("Mobile", "mobile")];

const COUNTRIES: [Country; 8] = [
    ("US", "United States", "+1", ["", "888", ""]),
    ("CA", "Canada", "+1", ["416", "877", ""]),
    ("GB", "United Kingdom", "+44", ["20", "800", "7400"]),
    ("IE", "Ireland", "+353", ["1", "1800", ""]),
    ("DE", "Germany", "+49", ["30", "800", "1511"]),
    ("FR", "France", "+33", ["1", "805", "6"]),
    ("AU", "Australia", "+61", ["2", "1800", "4"]),
    ("NZ", "New Zealand", "+64", ["9", "800", "21"]),
];

/// Area code, locality, region, rate centre, postal code, LATA, latitude and longitude in hundredths of a degree.
type Area = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, i32, i32);

const AREAS: [Area; 8] = [
    ("415", "San Francisco", "CA", "SNFC CNTRL", "94103", "722", 3778, -12241),
    ("212", "New York", "NY", "NWYRCYZN01", "10001", "132", 4075, -7399),
    ("312", "Chicago", "IL", "CHICAGO", "60601", "358", 4188, -8762),
    ("206", "Seattle", "WA", "SEATTLE", "98101", "674", 4761, -12233),
    ("617", "Boston", "MA", "BOSTON", "02108", "128", 4236, -7106),
    ("305", "Miami", "FL", "MIAMI", "33128", "460", 2577, -8020),
    ("512", "Austin", "TX", "AUSTIN", "78701", "558", 3027, -9774),
    ("303", "Denver", "CO", "DENVER", "80202", "656", 3975, -10500),
];

/// A number that can be bought, and where it is.
#[derive(Debug)]
struct Offer {
    number: String,
    area: Option<&'static Area>,
}

impl Carrier {
    pub(super) fn countries_resource(&self, request: &Request<'_>) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let countries: Vec<Value> = COUNTRIES.iter().map(|country| self.country_json(country)).collect();
        Ok((200, Some(json!({"countries": countries, "uri": request.path}))))
    }

    pub(super) fn country_resource(&self, request: &Request<'_>, code: &str) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        match COUNTRIES.iter().find(|country| country.0 == code) {
            Some(country) => Ok((200, Some(self.country_json(country)))),
            None => not_found(request.path),
        }
    }

    fn country_json(&self, (code, name, _, beginnings): &Country) -> Value {
        let base = format!("{}/AvailablePhoneNumbers/{code}", self.account_uri());
        let parts: serde_json::Map<String, Value> = KINDS
            .iter()
            .zip(beginnings)
            .filter(|((kind, _), start)| !start.is_empty() || (*code == "US" && *kind == "Local"))
            .map(|((kind, field), _)| ((*field).to_owned(), json!(format!("{base}/{kind}.json"))))
            .collect();
        json!({
            "country_code": code,
            "country": name,
            "uri": format!("{base}.json"),
            "beta": false,
            "subresource_uris": parts,
        })
    }

    pub(super) fn available_resource(&self, request: &Request<'_>, code: &str, kind: &str) -> Answer {
        if request.method != "GET" {
            return not_allowed();
        }
        let country = COUNTRIES.iter().find(|country| country.0 == code);
        let at = KINDS.iter().position(|(name, _)| *name == kind);
        let (Some(country), Some(at)) = (country, at) else { return not_found(request.path) };
        let start = country.3.get(at).copied().unwrap_or_default();
        let american = code == "US" && kind == "Local";
        if start.is_empty() && !american {
            return not_found(request.path);
        }
        let offers = if american { american_offers(request)? } else { offers(country.2, start, request)? };
        let wanted = |offer: &&Offer| !self.numbers.contains_key(&offer.number) && fits(request, offer);
        let items = offers.iter().filter(wanted).map(|offer| (offer.number.clone(), offer_json(offer, code))).collect();
        page(request, "available_phone_numbers", items)
    }
}

/// Numbers of the areas that are known, or of the area that is asked for.
fn american_offers(request: &Request<'_>) -> Result<Vec<Offer>, Refusal> {
    let wanted = request.filter("AreaCode");
    if wanted.is_some_and(|area| area.len() != 3 || area.bytes().any(|b| !b.is_ascii_digit())) {
        return refuse(20_001, "AreaCode must be three digits");
    }
    let near = request.filter("NearNumber").and_then(|number| number.strip_prefix("+1")).and_then(|n| n.get(..3));
    let asked = wanted.or(near);
    let known = AREAS.iter().filter(|area| asked.is_none_or(|code| area.0 == code));
    let mut areas: Vec<(&str, Option<&'static Area>)> = known.map(|area| (area.0, Some(area))).collect();
    if let (true, Some(code)) = (areas.is_empty(), asked.filter(|code| !code.starts_with(['0', '1']))) {
        areas.push((code, None));
    }
    let each = |(code, area): (&str, Option<&'static Area>)| {
        (0..20).map(move |n| Offer { number: format!("+1{code}55501{n:02}"), area }).collect::<Vec<_>>()
    };
    Ok(areas.into_iter().flat_map(each).collect())
}

fn offers(calling: &str, start: &str, request: &Request<'_>) -> Result<Vec<Offer>, Refusal> {
    let start = match request.filter("AreaCode") {
        Some(area) if area.is_empty() || area.len() > 4 || area.bytes().any(|b| !b.is_ascii_digit()) => {
            return refuse(20_001, "AreaCode must be digits");
        }
        Some(area) => area,
        None => start,
    };
    // Numbers of ten digits in all behind the calling code, as most are.
    let width = 10_usize.saturating_sub(start.len() + 3);
    Ok((0..30).map(|n| Offer { number: format!("{calling}{start}555{n:0width$}"), area: None }).collect())
}

/// Whether an offer passes the criteria that it has facts for.
fn fits(request: &Request<'_>, offer: &Offer) -> bool {
    let place = |name: &str, fact: fn(&Area) -> &'static str| {
        request.filter(name).is_none_or(|wanted| offer.area.is_some_and(|area| fact(area).eq_ignore_ascii_case(wanted)))
    };
    let can = |name: &str, is: bool| request.filter(name).is_none_or(|v| v.eq_ignore_ascii_case("true") == is || is);
    request.filter("Contains").is_none_or(|pattern| contains(pattern, &offer.number))
        && place("InLocality", |area| area.1)
        && place("InRegion", |area| area.2)
        && place("InRateCenter", |area| area.3)
        && place("InPostalCode", |area| area.4)
        && place("InLata", |area| area.5)
        && can("VoiceEnabled", true)
        && can("SmsEnabled", true)
        && can("MmsEnabled", true)
        && can("FaxEnabled", false)
}

/// Twilio docs: a pattern of digits, letters of a keypad and `*` for any digit, anywhere in the number.
fn contains(pattern: &str, number: &str) -> bool {
    const KEYS: [(&str, char); 8] = [
        ("ABC", '2'),
        ("DEF", '3'),
        ("GHI", '4'),
        ("JKL", '5'),
        ("MNO", '6'),
        ("PQRS", '7'),
        ("TUV", '8'),
        ("WXYZ", '9'),
    ];
    let key = |sign: char| {
        let upper = sign.to_ascii_uppercase();
        KEYS.iter().find(|(letters, _)| letters.contains(upper)).map_or(sign, |(_, key)| *key)
    };
    let wanted: Vec<char> = pattern.chars().map(key).collect();
    let digits: Vec<char> = number.chars().collect();
    wanted.is_empty()
        || digits.windows(wanted.len()).any(|part| part.iter().zip(&wanted).all(|(d, w)| d == w || *w == '*'))
}

fn offer_json(offer: &Offer, country: &str) -> Value {
    let degrees = |hundredths: i32| f64::from(hundredths) / 100.0;
    json!({
        "friendly_name": formatted(&offer.number),
        "phone_number": offer.number,
        "lata": offer.area.map(|area| area.5),
        "locality": offer.area.map(|area| area.1),
        "rate_center": offer.area.map(|area| area.3),
        "latitude": offer.area.map(|area| degrees(area.6)),
        "longitude": offer.area.map(|area| degrees(area.7)),
        "region": offer.area.map(|area| area.2),
        "postal_code": offer.area.map(|area| area.4),
        "iso_country": country,
        "address_requirements": "none",
        "beta": false,
        "capabilities": {"voice": true, "sms": true, "mms": true, "fax": false},
    })
}
