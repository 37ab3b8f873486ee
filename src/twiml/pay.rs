//! `Pay`, and the small verbs that stand by themselves: `Sms` and `Echo`.

use std::time::Duration;

use super::check::{Report, Why, shown, within};
use super::element::{element, one_of};
use super::parameter::{Parameter, parameters};
use super::place::Place;
use super::text::{Decimal, DialledNumber, Language, Message, Plain, Url, some};
use super::values::Events;
use super::verbs::Prompt;
use super::words::{Method, words};

words! {
    /// How a payer enters numbers.
    PayInput {
        /// Keys.
        Dtmf = "dtmf",
    }

    /// What is paid with.
    PaymentMethod {
        /// A card.
        CreditCard = "credit-card",
        /// A bank account.
        AchDebit = "ach-debit",
    }

    /// The kind of a payer's bank account.
    BankAccountType {
        /// A person's, for payments.
        ConsumerChecking = "consumer-checking",
        /// A person's, for savings.
        ConsumerSavings = "consumer-savings",
        /// A company's, for payments.
        CommercialChecking = "commercial-checking",
        /// A company's, for savings.
        CommercialSavings = "commercial-savings",
    }

    /// What stands for the card afterwards.
    TokenType {
        /// A token for one payment.
        OneTime = "one-time",
        /// A token for several payments.
        Reusable = "reusable",
        /// A payment method of the provider.
        PaymentMethod = "payment-method",
    }

    /// A kind of card (values of Twilio's libraries).
    CardType {
        /// Visa.
        Visa = "visa",
        /// Mastercard.
        Mastercard = "mastercard",
        /// American Express.
        Amex = "amex",
        /// Maestro.
        Maestro = "maestro",
        /// Discover.
        Discover = "discover",
        /// Optima.
        Optima = "optima",
        /// JCB.
        Jcb = "jcb",
        /// Diners Club.
        DinersClub = "diners-club",
        /// enRoute.
        Enroute = "enroute",
    }

    /// What a payer is asked for.
    PromptFor {
        /// The card's number.
        PaymentCardNumber = "payment-card-number",
        /// The card's last month.
        ExpirationDate = "expiration-date",
        /// The card's security code.
        SecurityCode = "security-code",
        /// The postal code.
        PostalCode = "postal-code",
        /// Patience.
        PaymentProcessing = "payment-processing",
        /// The account's number.
        BankAccountNumber = "bank-account-number",
        /// The bank's number.
        BankRoutingNumber = "bank-routing-number",
    }

    /// What went wrong with the last answer.
    PromptError {
        /// There was none.
        Timeout = "timeout",
        /// No card has this number.
        InvalidCardNumber = "invalid-card-number",
        /// The card is of a kind that is not taken.
        InvalidCardType = "invalid-card-type",
        /// It is no date to come.
        InvalidDate = "invalid-date",
        /// It is no such code.
        InvalidSecurityCode = "invalid-security-code",
        /// Twilio's fault.
        InternalError = "internal-error",
        /// The two answers differ.
        InputMatchingFailed = "input-matching-failed",
        /// It is no postal code. That a prompt may be for it is unverified, as of the two below: callbacks have them.
        InvalidPostalCode = "invalid-postal-code",
        /// No bank has this number.
        InvalidBankRoutingNumber = "invalid-bank-routing-number",
        /// It is no account's number.
        InvalidBankAccountNumber = "invalid-bank-account-number",
    }
}

element! {
    /// Takes a payment (Twilio docs: TwiML `<Pay>`); the account must be in PCI mode.
    Pay (
        /// What the payer hears, and what the connector is told.
        parameters: Vec<PaySetting>
    ) {
        /// How numbers are entered; with keys by default.
        input: PayInput = "input";
        /// Who is asked when it is over; without it the next verb runs.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// Who is told about each step.
        status_callback: Url = "statusCallback";
        /// How that URL is requested; `POST` by default.
        status_callback_method: Method = "statusCallbackMethod";
        /// How long is waited for the next key, in whole seconds; 5 s by default.
        timeout: Duration = "timeout" if within(1, u64::MAX);
        /// How often each answer may be tried, at least once; twice by default.
        max_attempts: u32 = "maxAttempts" if within(1, u64::MAX);
        /// Whether the security code is asked for; it is by default.
        security_code: bool = "securityCode";
        /// `true` (the default) or `false`: whether the postal code is asked for; or the code itself.
        postal_code: Plain = "postalCode" if some;
        /// How long a postal code is at least.
        min_postal_code_length: u32 = "minPostalCodeLength";
        /// The account's connector; `Default` by default.
        payment_connector: Plain = "paymentConnector" if some;
        /// What is paid with; a card by default.
        payment_method: PaymentMethod = "paymentMethod";
        /// The kind of the bank account.
        bank_account_type: BankAccountType = "bankAccountType";
        /// What stands for the card afterwards.
        token_type: TokenType = "tokenType";
        /// How much is paid; without it only a token is made.
        charge_amount: Decimal = "chargeAmount";
        /// In which currency; `usd` by default.
        currency: Plain = "currency" if currency;
        /// What it is for.
        description: Plain = "description";
        /// Which cards are taken.
        valid_card_types: Events<CardType> = "validCardTypes";
        /// The language of Twilio's own prompts; `en-US` by default.
        language: Language = "language";
    } check whole_pay
}

one_of! {
    /// What may stand in a `Pay`.
    PaySetting {
        /// What the payer hears.
        PayPrompt,
        /// What the connector is told.
        Parameter,
    }
}

impl Pay {
    /// Takes a card, with all defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::bare(Vec::new())
    }

    /// Says this instead of Twilio's own words.
    #[must_use]
    pub fn prompt(mut self, prompt: PayPrompt) -> Self {
        self.parameters.push(prompt.into());
        self
    }
}

impl Default for Pay {
    fn default() -> Self {
        Self::new()
    }
}

parameters!(Pay);

fn currency(currency: &Plain) -> Result<(), Why> {
    if currency.as_str().len() == 3 && currency.as_str().bytes().all(|b| b.is_ascii_alphabetic()) {
        return Ok(());
    }
    Err(Why::new(shown(currency.as_str()), "a currency has three letters (ISO 4217)", "write such as usd"))
}

fn whole_pay(pay: &Pay, place: &Place<'_>, report: &mut Report) {
    if pay.bank_account_type.is_some() && pay.payment_method != Some(PaymentMethod::AchDebit) {
        let why = Why::new("a bank account without ach-debit", "a card has no account", "set paymentMethod");
        report.refuse_attribute(place, "bankAccountType", why);
    }
}

element! {
    /// What a payer hears at one step (Twilio docs: TwiML `<Prompt>`).
    PayPrompt as "Prompt" (
        /// What is heard.
        prompts: Vec<Prompt>
    ) {
        /// The step.
        step: PromptFor = "for";
        /// Only after these errors.
        error_type: Events<PromptError> = "errorType";
        /// Only for these cards.
        card_type: Events<CardType> = "cardType";
        /// Only at these attempts, counted from 1.
        attempt: Events<u32> = "attempt";
        /// Whether the payer enters it twice.
        require_matching_inputs: bool = "requireMatchingInputs";
    }
}

impl PayPrompt {
    /// Nothing yet, at this step.
    #[must_use]
    pub fn new(step: PromptFor) -> Self {
        Self::bare(Vec::new()).step(step)
    }

    /// Says, plays or waits after what there is so far.
    #[must_use]
    pub fn prompt(mut self, prompt: impl Into<Prompt>) -> Self {
        self.prompts.push(prompt.into());
        self
    }
}

element! {
    /// Sends a text message (Twilio docs: TwiML `<Sms>`; in voice documents only for old applications).
    Sms (
        /// Its words, 1 to 160 characters.
        message: Message
    ) {
        /// Whom to; the caller by default.
        to: DialledNumber = "to";
        /// Who from; the called number by default.
        from: DialledNumber = "from";
        /// Who is asked when it is sent; without it the next verb runs.
        action: Url = "action";
        /// How `action` is requested; `POST` by default.
        method: Method = "method";
        /// Who is told what became of it.
        status_callback: Url = "statusCallback";
    }
}

impl Sms {
    /// Sends these words to the caller.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        Self::bare(message.into())
    }
}

element! {
    /// Sends the caller's audio back, as a test (Twilio docs: TwiML `<Echo>`).
    Echo {}
}

impl Echo {
    /// Sends it back.
    #[must_use]
    pub fn new() -> Self {
        Self::bare()
    }
}

impl Default for Echo {
    fn default() -> Self {
        Self::new()
    }
}
