//! Codes from 30000 on: browsers and apps, media streams, the network, services that a call is handed to.

use super::codes;

codes! {
    31005 "connection lost" Sdk Reported "the connection to Twilio's signalling broke; check the network of the browser or app";
    31201 "microphone not available" Sdk Reported "the microphone cannot be opened; check that no other app holds it";
    31204 "token not valid" Sdk Reported "the access token was refused; sign a new one for this identity";
    31205 "token expired" Sdk Reported "the access token has expired; hand out a new one before it does";
    31208 "microphone denied" Sdk Reported "the person did not allow the microphone; ask them to, and explain why";
    31404 "not found" Sdk Reported "what was called does not exist, or nobody is registered as it";
    31480 "not available" Sdk Reported "who was called is not available for the moment";
    31486 "busy" Sdk Reported "who was called is busy";
    31487 "cancelled" Sdk Reported "the call was cancelled before it was answered";
    31603 "declined" Sdk Reported "who was called declined";
    31900 "stream failed" Stream Reported "the media stream failed; look into your socket server's log";
    31901 "stream connecting took too long" Stream Reported "no connection to your socket server in time; check address and firewall";
    31902 to 31919 "stream failed" Stream Reported "the media stream could not be opened; check address, certificate and your socket server's log";
    31920 "stream handshake refused" Stream Reported "your server did not switch to WebSocket; it must answer with 101";
    31921 "stream closed" Stream Reported "your server closed the media stream; see why in its log";
    31922 to 31929 "stream failed" Stream Reported "the media stream broke; look into your socket server's log";
    31930 "stream buffer overflow" Stream Reported "more audio was sent than is played; send it at the speed of speech, or clear";
    31931 to 31949 "stream failed" Stream Reported "the media stream broke; look into your socket server's log";
    31950 to 31951 "stream message not valid" Stream Reported "a message to the media stream is not JSON that Twilio knows; check event, streamSid and payload";
    31952 to 31960 "stream failed" Stream Reported "the media stream broke; look into your socket server's log";
    32009 "SIP user not registered" Sip Reported "nobody is registered at the SIP address; check the device";
    32011 "SIP failed" Sip Reported "the SIP end answered with an error, or not at all; check its address and firewall";
    32014 "no audio" Network Reported "no audio came for so long that the call was ended; check the firewall for media";
    32015 "call too long" Network Reported "the call reached its longest duration and was ended";
    32016 "ringing came too late" Network Reported "the network did not ring in time after dialling; try again";
    32017 "carrier blocked" Network Reported "a carrier blocked the call, by its own rules against unwanted calls; look at how your numbers are used";
    32018 "Twiml too long" Document Rejected "the inline document has more than 4000 characters; serve it at a URL";
    32019 "Url and Twiml" Parameter Reported "both a URL and an inline document were given; the URL was used";
    32021 "STIR/SHAKEN" Network Reported "the attestation of the caller's number failed; check its verification";
    32022 "no ACK" Sip Reported "the SIP end did not confirm the answer; check its firewall";
    39001 "network failed" Network Reported "the network of Twilio or of a partner failed; try again";
    64101 to 64104 "relay failed" Relay Reported "the session of ConversationRelay failed; check its attributes and your socket server's log";
    64105 "relay closed" Relay Reported "the socket of ConversationRelay was closed for errors; see which in your server's log";
    64106 "relay failed" Relay Reported "the session of ConversationRelay failed; check its attributes and your socket server's log";
    64107 "relay message not valid" Relay Reported "a message to ConversationRelay is not JSON that it knows; check type and fields";
}
