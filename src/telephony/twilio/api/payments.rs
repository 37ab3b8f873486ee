//! Taking a card or bank account by keys while a person talks on (Twilio docs, Payments resource).

use super::calls::CALL;
use super::draft::Shape;
use super::macros::{open_words, operations, parameters, resources};
use crate::time::Timestamp;

const PAYMENT: Shape = Shape::sid("payment", &["PK"]);

open_words! {
    /// What a payment is made with.
    PaymentMethod {
        /// A card.
        CreditCard = "credit-card",
        /// A bank account.
        AchDebit = "ach-debit",
    }

    /// What kind of token a payment becomes.
    PaymentTokenType {
        /// Good once.
        OneTime = "one-time",
        /// Good again.
        Reusable = "reusable",
        /// A means of payment at the provider.
        PaymentMethod = "payment-method",
    }

    /// What kind of account a bank account is.
    BankAccountType {
        /// Of a person, for payments.
        ConsumerChecking = "consumer-checking",
        /// Of a person, for saving.
        ConsumerSavings = "consumer-savings",
        /// Of a business, for payments.
        CommercialChecking = "commercial-checking",
    }

    /// What the caller is to key in next.
    PaymentCapture {
        /// The number of the card.
        CardNumber = "payment-card-number",
        /// Until when the card is good.
        ExpirationDate = "expiration-date",
        /// The code on the card.
        SecurityCode = "security-code",
        /// The postal code of the card's address.
        PostalCode = "postal-code",
        /// The bank's number.
        BankRoutingNumber = "bank-routing-number",
        /// The account's number.
        BankAccountNumber = "bank-account-number",
        /// The number of the card, again.
        CardNumberAgain = "payment-card-number-matcher",
        /// Until when the card is good, again.
        ExpirationDateAgain = "expiration-date-matcher",
        /// The code on the card, again.
        SecurityCodeAgain = "security-code-matcher",
        /// The postal code, again.
        PostalCodeAgain = "postal-code-matcher",
    }

    /// How a payment is ended.
    PaymentEnd {
        /// What was keyed in is charged or kept.
        Complete = "complete",
        /// It is thrown away.
        Cancel = "cancel",
    }
}

resources! {
    /// A payment in the making.
    Payment {
        id {
            /// Its id, `PK…`.
            sid
        }
        shown {
            /// The account it is in.
            account_sid: String,
            /// The call it is taken in.
            call_sid: String,
            /// When it was begun.
            date_created: Timestamp,
            /// When it changed last.
            date_updated: Timestamp,
            /// Where it is, from the host's root.
            uri: String,
        }
        hidden {}
    }
}

operations! {
    /// Begins a payment in a live call. Sent twice under one `idempotency_key` it is begun once.
    Start(call_sid: CALL) = Create "/Calls/{}/Payments.json" as "start of a payment" -> Payment
    { idempotency_key: String = "IdempotencyKey", status_callback: String = "StatusCallback" }

    /// Asks for the next thing to be keyed in, or ends the payment.
    Update(call_sid: CALL, payment_sid: PAYMENT) = Update "/Calls/{}/Payments/{}.json" as "update of a payment"
    -> Payment { idempotency_key: String = "IdempotencyKey", status_callback: String = "StatusCallback" }
}

parameters!(Start {
    /// How much is charged, as in `12.50`; nothing unless set, and a token is made.
    charge_amount: String = "ChargeAmount";
    /// In which currency, as in `usd`.
    currency: String = "Currency";
    /// What it is for.
    description: String = "Description";
    /// How it is entered; keys unless set.
    input: String = "Input";
    /// The fewest digits of a postal code.
    min_postal_code_length: u32 = "MinPostalCodeLength";
    /// More for the connector, as JSON.
    parameter: String = "Parameter";
    /// The connector that is installed in the account; `Default` unless set.
    payment_connector: String = "PaymentConnector";
    /// What is paid with; a card unless set.
    payment_method: PaymentMethod = "PaymentMethod";
    /// What kind of account it is.
    bank_account_type: BankAccountType = "BankAccountType";
    /// Whether a postal code is asked for; it is unless set.
    postal_code: bool = "PostalCode";
    /// Whether the code on the card is asked for; it is unless set.
    security_code: bool = "SecurityCode";
    /// How long each key is waited for; 5 s unless set.
    timeout: Duration = "Timeout";
    /// What kind of token is made; one for again unless set.
    token_type: PaymentTokenType = "TokenType";
    /// Which cards are taken, separated by spaces.
    valid_card_types: String = "ValidCardTypes";
    /// What is to be keyed in twice, words of [`PaymentCapture`] separated by commas.
    require_matching_inputs: String = "RequireMatchingInputs";
    /// Has the caller confirm the last digits by a key; not unless set.
    confirmation: bool = "Confirmation";
});

parameters!(Update {
    /// What is to be keyed in next.
    capture: PaymentCapture = "Capture";
    /// Ends it.
    status: PaymentEnd = "Status";
});
