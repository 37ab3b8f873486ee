//! Numbers that can be bought (Twilio docs, AvailablePhoneNumber resource).

use std::collections::BTreeMap;

use super::Decimal;
use super::draft::Shape;
use super::macros::{listings, operations, parameters, resources};
use super::numbers::Capabilities;

const COUNTRY: Shape = Shape::name("country");
/// A word of [`super::AvailableKind`].
const KIND: Shape = Shape::name("kind of number");

resources! {
    /// A number that can be bought.
    AvailableNumber in "available_phone_numbers" {
        id {
            /// The number, as in `+14155550100`.
            phone_number
        }
        shown {
            /// The same, as people write it there.
            friendly_name: String,
            /// The area that local calls are counted by (United States, Canada).
            lata: String,
            /// The town.
            locality: String,
            /// The exchange (United States, Canada).
            rate_center: String,
            /// Where that is, in degrees.
            latitude: Decimal,
            /// Where that is, in degrees.
            longitude: Decimal,
            /// The state or province.
            region: String,
            /// The postal code.
            postal_code: String,
            /// The country, as in `US`.
            iso_country: String,
            /// What address must be given for it.
            address_requirements: super::AddressRequirement,
            /// It is new to Twilio, and may behave otherwise.
            beta: bool,
            /// What it can do.
            capabilities: Capabilities,
        }
        hidden {}
    }

    /// A country in which numbers can be bought.
    Country in "countries" {
        id {
            /// Its code, as in `US`.
            country_code
        }
        shown {
            /// Its name.
            country: String,
            /// All its numbers are new to Twilio.
            beta: bool,
            /// Where it is, from the host's root.
            uri: String,
            /// Where the kinds of number are that it has.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {}
    }
}

operations! {
    /// Reads which kinds of number a country has.
    FetchCountry(country_code: COUNTRY) = Fetch "/AvailablePhoneNumbers/{}.json" as "reading of a country" -> Country {}
}

listings! {
    /// The countries in which numbers can be bought.
    ListCountries() = "/AvailablePhoneNumbers.json" as "list of countries" -> Country

    /// Searches a country, as in `US`, for numbers of one kind, an [`super::AvailableKind`]. Nothing is bought.
    Search(country_code: COUNTRY, kind: KIND) = "/AvailablePhoneNumbers/{}/{}.json" as "search for numbers"
    -> AvailableNumber
}

parameters!(Search {
    /// With this area code (United States and Canada).
    area_code: u32 = "AreaCode";
    /// That look like this: digits, or letters as on the keys, and `*` for any.
    contains: String = "Contains";
    /// That can do text messages, or not.
    sms_enabled: bool = "SmsEnabled";
    /// That can do messages with media, or not.
    mms_enabled: bool = "MmsEnabled";
    /// That can do calls, or not.
    voice_enabled: bool = "VoiceEnabled";
    /// That can do fax, or not.
    fax_enabled: bool = "FaxEnabled";
    /// Without those that want any address.
    exclude_all_address_required: bool = "ExcludeAllAddressRequired";
    /// Without those that want an address of their place.
    exclude_local_address_required: bool = "ExcludeLocalAddressRequired";
    /// Without those that want an address of another country.
    exclude_foreign_address_required: bool = "ExcludeForeignAddressRequired";
    /// Also, or not, those that are new to Twilio.
    beta: bool = "Beta";
    /// Near this number (United States and Canada).
    near_number: String = "NearNumber";
    /// Near this place, as in `37.840699,-122.461853` (United States and Canada).
    near_lat_long: String = "NearLatLong";
    /// How near, in miles; 25 unless set, 500 at most.
    distance: u32 = "Distance";
    /// In this postal code (United States and Canada).
    in_postal_code: String = "InPostalCode";
    /// In this state or province (United States and Canada).
    in_region: String = "InRegion";
    /// Of this exchange (United States and Canada).
    in_rate_center: String = "InRateCenter";
    /// In this area that local calls are counted by (United States and Canada).
    in_lata: String = "InLata";
    /// In this town.
    in_locality: String = "InLocality";
});
