// Ten thousand random requests each way: what the library signs ours accepts, and what ours signs the library accepts;
// forged ones are refused by both. The seed is printed, and can be given again.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const names = ["modules", "ours", "requests", "seed"];
const given = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" }])) }).values;
const require = createRequire(`${given.modules}/`);
const { getExpectedTwilioSignature, validateRequest, validateRequestWithBody } = require("twilio");
const requests = Number(given.requests ?? 10_000);
const seed = Number(given.seed ?? Date.now() % 2 ** 31);
const BASE = "https://calls.example.com";
const ALPHABETS = ["abcXYZ0189", "äöüñé日本語🙂", " +&=%#'\"<>/?;:@,.", "\t"];
const NAMES = ["CallSid", "From", "To", "CallStatus", "Digits", "SpeechResult", "FromCity", "a", "A", "_x", "A-b"];

// mulberry32, a small generator in the public domain: the same seed gives the same requests.
let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (most) => Math.floor(random() * most);
const oneOf = (list) => list[below(list.length)];

function text(most) {
  const alphabet = [...(random() < 0.5 ? oneOf(ALPHABETS) : ALPHABETS.join(""))];
  return Array.from({ length: below(most) }, () => oneOf(alphabet)).join("");
}

function request() {
  const path = Array.from({ length: 1 + below(3) }, () => `/${encodeURIComponent(text(8))}`).join("");
  const query = Array.from({ length: below(3) }, () => [oneOf(NAMES), text(10)]);
  let target = path + (query.length > 0 ? `?${new URLSearchParams(query)}` : "");
  const kind = oneOf(["form", "form", "form", "get", "json"]);
  if (kind === "json") {
    const body = JSON.stringify(Object.fromEntries(Array.from({ length: below(4) }, () => [text(6), text(20)])));
    const digest = createHash("sha256").update(body).digest("hex");
    target += `${query.length > 0 ? "&" : "?"}bodySHA256=${digest}`;
    return { kind, target, body, pairs: [] };
  }
  // The library takes a map, so a name comes once.
  const pairs = kind === "form" ? NAMES.filter(() => random() < 0.5).map((name) => [name, text(16)]) : [];
  return { kind, target, body: new URLSearchParams(pairs).toString(), pairs };
}

function forged(signature) {
  const raw = Buffer.from(signature, "base64");
  raw[below(raw.length)] ^= 1 << below(8);
  return raw.toString("base64");
}

const process_ = spawn(given.ours, ["--base", BASE], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: process_.stdout })[Symbol.asyncIterator]();
async function ask(question) {
  process_.stdin.write(`${JSON.stringify(question)}\n`);
  return JSON.parse((await lines.next()).value);
}

const token = `12345${seed}`;
await ask({ token });
const wrong = [];
for (let i = 0; i < requests && wrong.length <= 5; i += 1) {
  const asked = request();
  const url = BASE + asked.target;
  const params = Object.fromEntries(asked.pairs);
  const signature = getExpectedTwilioSignature(token, url, params);
  const question = { ...asked, signature, forged: forged(signature) };
  const answer = await ask(question);
  const accepts = (given) =>
    asked.kind === "json"
      ? validateRequestWithBody(token, given, url, asked.body)
      : validateRequest(token, given, url, params);
  const held = {
    "ours accepts what the library signs": answer.accepts,
    "ours refuses a forged one": !answer.accepts_forged,
    "the library accepts what ours signs": accepts(answer.signature),
    "the library refuses a forged one": !accepts(question.forged),
  };
  for (const [rule, holds] of Object.entries(held)) if (!holds) wrong.push({ rule, request: question });
}
process_.stdin.end();
for (const entry of wrong.slice(0, 5)) console.log(JSON.stringify(entry));
const library = `twilio-node ${require("twilio/package.json").version}`;
console.log(JSON.stringify({ library, requests, seed, wrong: wrong.length }));
process.exit(wrong.length === 0 ? 0 : 1);
