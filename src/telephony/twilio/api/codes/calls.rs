//! Codes 21000 to 29999: calls, numbers, messages and queues, as requests for them are refused.

use super::codes;

codes! {
    21201 "To missing" Number Rejected "the number to call is missing";
    21202 "To is a premium number" Number Rejected "the number to call is a premium number, which is not allowed";
    21203 "country not allowed" Number Rejected "calls to that country are not allowed; allow it in the console's geographic permissions";
    21204 "call not valid" Parameter Rejected "the call cannot be placed as asked";
    21205 "URL not valid" Parameter Rejected "a URL is missing or not valid; check the public URL, and that it is given at all";
    21206 "SendDigits not valid" Parameter Rejected "the digits to send are not valid; 0-9, A-D, #, * and w, at most 32";
    21207 "IfMachine not valid" Detection Rejected "the setting for answering machines is not valid";
    21208 "Timeout not valid" Parameter Rejected "the ringing time is not valid; choose 1 to 600 s";
    21209 "method not valid" Parameter Rejected "a method is not valid; use GET or POST";
    21210 "From not verified" Number Rejected "the caller's number is neither bought nor verified; call from a number of this account";
    21211 "To not valid" Number Rejected "the number to call is not valid; write it as +14155550100";
    21212 "From not valid" Number Rejected "the caller's number is not valid; write it as +14155550100";
    21213 "From missing" Number Rejected "the caller's number is missing";
    21214 "To not reachable" Number Rejected "the number to call cannot be reached";
    21215 "country not allowed" Number Rejected "calls to that country are not allowed; allow it in the console's geographic permissions";
    21216 "To blocked" Number Rejected "the number to call is blocked";
    21217 "To not a number" Number Rejected "the number to call does not look valid";
    21218 "ApplicationSid not valid" Parameter Rejected "the application id is not valid";
    21219 "To not verified" Number Rejected "a trial account calls verified numbers only; verify it, or upgrade the account";
    21220 "call in another state" State Rejected "the call is not in a state for it; it is not live any more, or not answered yet";
    21221 to 21229 "SIP not valid" Sip Rejected "the SIP credentials or headers are not valid";
    21234 "detection not valid" Detection Rejected "the answering machine settings are not valid";
    21262 to 21263 "detection not valid" Detection Rejected "the answering machine settings are not valid; without AsyncAmd there is a callback to be named";
    21401 to 21409 "number not set up" NumberOrder Rejected "the telephone number cannot be bought or set up as asked";
    21420 to 21422 "number not bought" NumberOrder Rejected "the telephone number cannot be bought or set up as asked; it may be taken already";
    21450 to 21458 "number not verified" NumberOrder Rejected "the telephone number cannot be validated; write it as +14155550100, and ask once at a time";
    21602 "message body missing" Message Rejected "the message is empty; give it a body, media or content";
    21603 "message From missing" Message Rejected "the message has no sender; give a number of this account or a messaging service";
    21604 "message To missing" Message Rejected "the message has nobody to go to";
    21606 "message From not able" Message Rejected "the sender is no number of this account that can send messages to there";
    21608 "message To not verified" Message Rejected "a trial account writes to verified numbers only; verify it, or upgrade the account";
    21610 "recipient unsubscribed" Message Rejected "the recipient answered STOP to this sender; do not write until START comes";
    21611 "message queue full" RateLimit Retryable "the sender has too many messages waiting; send more slowly";
    21612 "message To not reachable" Message Rejected "the recipient cannot be reached from this sender";
    21614 "message To not mobile" Message Rejected "the recipient's number cannot take messages";
    21617 "message too long" Message Rejected "the message has more than 1600 characters; split it";
    22003 "queue name taken" Queue Rejected "a queue of that name exists (unverified); list the queues and use it";
}
