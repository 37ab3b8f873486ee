//! Codes 16000 to 20999: conferences, recordings, and the API itself.

use super::codes;

codes! {
    16001 "not in a conference" Conference Rejected "the leg is not in a conference; wait until it has joined";
    16002 "participant attribute not valid" Conference Rejected "an attribute of the participant is not valid; check the parameters";
    16003 "no such conference" Conference Rejected "there is no such conference; it has probably ended";
    16010 to 16011 "conference callback not valid" Conference Rejected "the conference's callback address is not valid; check the public URL";
    16020 "conference full" Conference Rejected "the conference is full; use another one";
    16021 "too many conferences" Conference Rejected "too many conferences run in this account; end some, or have the limit raised";
    16022 "conference missing or over" Conference Rejected "the conference is missing or completed";
    16023 to 16024 "label not valid" Conference Rejected "the participant's label is not valid; it is 1 to 128 characters, and no call's id";
    16025 to 16026 "label taken" Conference Rejected "the participant's label is taken; choose another, or use the one who has it";
    16027 "coached participant on hold" Conference Rejected "the coached participant is on hold; take it back first";
    16028 "coached participant absent" Conference Rejected "the coached participant is not in the conference";
    16101 "recording too short" Recording Rejected "the recording is too short to be kept";
    16102 "recording silent" Recording Rejected "the recording is silent, and was not kept";
    16104 to 16107 "recording not encrypted" Recording Rejected "the recording cannot be encrypted; check the account's public key";
    16108 "too many recordings" RateLimit Rejected "too many recordings run at once; stop one first";
    16113 "two channels of one" Recording Rejected "two channels were asked for, but the recording has one";
    20001 "parameter unknown" Parameter Rejected "a parameter is unknown or not of its type";
    20003 "not authenticated" Auth Retryable "the credentials were refused; check account SID, token or API key, and their region";
    20004 "method not allowed" Parameter Rejected "the method is not allowed; check the base URL";
    20005 "account not active" Auth Retryable "the account is not active; look into the Twilio console";
    20006 "access denied" Auth Rejected "access was denied; give the API key the permission";
    20007 "page too large" Parameter Rejected "the page is too large; ask for 1000 at most";
    20009 "resource in use" State Rejected "it cannot be deleted while it is in use; end the call or wait until it is over";
    20101 "access token not valid" Token Retryable "the access token was refused; sign a new one with the same account's API key";
    20102 "access token header not valid" Token Retryable "the access token's header was refused; let a library sign it";
    20103 "access token issuer or subject not valid" Token Retryable "the access token names a key or account that is not accepted; check both, and their region";
    20104 "access token expired" Token Retryable "the access token has expired; sign a new one before it does";
    20105 "access token not valid yet" Token Retryable "the access token is not good yet; check the clock of who signs";
    20106 "access token grants not valid" Token Retryable "the access token's grants were refused; check identity and application";
    20107 "access token signature not valid" Token Retryable "the access token is signed with another secret; check the API key's";
    20151 "token authentication failed" Token Retryable "the access token was refused; check the credentials";
    20152 "token header not valid" Token Retryable "the access token's header was refused; let a library sign it";
    20153 to 20154 "token issuer or claims not valid" Token Retryable "the access token names a key, account or claim that is not accepted; check the credentials";
    20155 "token lasts too long" Token Retryable "the access token is good for longer than it may; 24 h at most";
    20156 "token expired" Token Retryable "the access token has expired; sign a new one before it does";
    20157 "token lasts too long" Token Retryable "the access token is good for longer than it may; 24 h at most";
    20158 "token claims not valid" Token Retryable "the access token was refused; check the credentials";
    20159 "token signature not valid" Token Retryable "the access token is signed with another secret; check the API key's";
    20160 to 20161 "token not valid" Token Retryable "the access token was refused; check the credentials";
    20403 "forbidden" Auth Rejected "it is forbidden for these credentials; give the API key the permission";
    20404 "not found" NotFound Rejected "there is no such thing; it has probably ended or been deleted, or is of another account or region";
    20409 "conflict" State Rejected "it conflicts with the state that the thing is in; ask for its state first";
    20422 "parameter not valid" Parameter Rejected "a parameter is not valid";
    20423 "id not valid" Parameter Rejected "an id is not valid";
    20426 "upgrade required" Parameter Rejected "the protocol is too old; check what stands between here and Twilio";
    20429 "too many requests" RateLimit Retryable "too many requests at once; it was not processed";
    20500 "server error" Server Unknown "Twilio failed while it worked on the request";
    20503 "unavailable" Server Retryable "Twilio is unavailable for the moment";
}
