//! What was used and what it cost (Twilio docs, Usage Records resource).

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Decimal;
use super::draft::{Day, Shape};
use super::macros::{listings, open_words, parameters, resources};

/// A word of [`Period`].
const PERIOD: Shape = Shape::name("period");

open_words! {
    /// Over which time usage is counted.
    Period {
        /// Since the account was opened, in one record for each category.
        AllTime = "AllTime",
        /// Each day for itself.
        Daily = "Daily",
        /// The last month.
        LastMonth = "LastMonth",
        /// Each month for itself.
        Monthly = "Monthly",
        /// This month.
        ThisMonth = "ThisMonth",
        /// Today.
        Today = "Today",
        /// Each year for itself.
        Yearly = "Yearly",
        /// Yesterday.
        Yesterday = "Yesterday",
    }
}

resources! {
    /// What was used of one category in one time.
    UsageRecord in "usage_records" {
        id {
            /// Which category, as in `calls` or `recordings`.
            category
        }
        shown {
            /// The account it is of.
            account_sid: String,
            /// What the category is, in Twilio's words.
            description: String,
            /// The first day that is counted.
            start_date: NaiveDate,
            /// The last day that is counted.
            end_date: NaiveDate,
            /// When it was counted, in ISO 8601.
            as_of: String,
            /// How often.
            count: Decimal,
            /// In which unit, as in `calls`.
            count_unit: String,
            /// How much.
            usage: Decimal,
            /// In which unit, as in `minutes`.
            usage_unit: String,
            /// What it cost.
            price: Decimal,
            /// In which currency.
            price_unit: String,
            /// The version of the API that it belongs to.
            api_version: String,
            /// Where it is, from the host's root.
            uri: String,
            /// Where it is for other times.
            subresource_uris: BTreeMap<String, String>,
        }
        hidden {}
    }
}

listings! {
    /// What was used between two days: since the account was opened unless set.
    List() = "/Usage/Records.json" as "list of usage records" -> UsageRecord

    /// What was used in each of a kind of time, a [`Period`].
    ListOfPeriod(period: PERIOD) = "/Usage/Records/{}.json" as "list of usage records" -> UsageRecord
}

parameters!(List, ListOfPeriod {
    /// This category alone, as in `calls`.
    category: String = "Category";
    /// From this day on; `-30days` and the like will do.
    start_date: Day = "StartDate";
    /// Up to this day.
    end_date: Day = "EndDate";
    /// Also counts what the account's subaccounts used; it does unless set.
    include_subaccounts: bool = "IncludeSubaccounts";
});
