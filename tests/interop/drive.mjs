// Plays the scenario list at the stand-in through Twilio's official Node library, unchanged but for its base address.
//
// Every webhook that comes of it is checked with the library's own validateRequest, and access tokens against the
// library's own. The last line is a summary in JSON; the exit status is 0 only when every scenario held.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const WITHIN_MS = 30_000;
const POLL_EVERY_MS = 100;
const TOKEN_SECRET = "interop4interop5interop6interop7";
const KEY_SID = "SK1c2e3f4a596877869504132231fe5b0d";
const APPLICATION_SID = "AP3f4a596877869504132231fe5b0d1c2e";

const names = ["modules", "scenarios", "base-url", "number", "account-sid", "auth-token", "access-token"];
const given = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: "string" }])) }).values;
const require = createRequire(`${given.modules}/`);
const twilio = require("twilio");
const jsonwebtoken = createRequire(require.resolve("twilio"))("jsonwebtoken");
const listed = JSON.parse(readFileSync(given.scenarios, "utf8"));
const account = given["account-sid"];
const authToken = given["auth-token"];
const seen = [];
const kept = {};

class Failed extends Error {}

// The application that the stand-in calls back. Keeps what came in, and whether its signature was good.
const receiver = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const here = new URL(request.url, base);
    const form = request.method === "POST" ? new URLSearchParams(Buffer.concat(parts).toString("utf8")) : [];
    const params = Object.fromEntries(form);
    const signature = request.headers["x-twilio-signature"] ?? "";
    const url = base + request.url;
    const valid = twilio.validateRequest(authToken, signature, url, params);
    // The check itself must be able to fail.
    const spoilt = twilio.validateRequest(authToken, signature, `${url}x`, params);
    seen.push({
      path: here.pathname,
      params: { ...Object.fromEntries(here.searchParams), ...params },
      valid: valid && !spoilt,
    });
    const document = listed.documents[here.pathname];
    response.statusCode = document === undefined ? 204 : 200;
    if (document === undefined) {
      response.end();
    } else {
      response.setHeader("Content-Type", "text/xml");
      response.end(document.replaceAll("{receiver}", base));
    }
  });
});
await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const base = `http://127.0.0.1:${receiver.address().port}`;

function clientOf(user, secret) {
  const client = twilio(user, secret, { accountSid: account });
  client.api.baseUrl = given["base-url"];
  return client;
}

const client = clientOf(account, authToken);

// The value with what is known put in: `{number}`, `$name.field`.
function filled(value) {
  if (Array.isArray(value)) return value.map(filled);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item)]));
  }
  if (typeof value !== "string") return value;
  return value
    .replaceAll("{number}", given.number)
    .replaceAll("{receiver}", base)
    .replaceAll("{account}", account)
    .replace(/\$([a-z]+)\.([a-zA-Z]+)/g, (_, name, field) => String(kept[name][field]));
}

// `["calls", SID, "recordings"]` is `client.calls(SID).recordings`.
function resource(client, path) {
  let here = client;
  let collection = null;
  for (const part of filled(path)) {
    if (collection !== null && collection[part] === undefined) {
      here = collection(part);
      collection = null;
    } else {
      here = (collection ?? here)[part];
      collection = here;
    }
  }
  return here;
}

function done(step) {
  const user = step.as_user ? clientOf(...filled(step.as_user)) : client;
  const action = step.do === "delete" ? "remove" : step.do;
  return resource(user, step.on)[action](filled(step.with ?? {}));
}

function matches(wanted, value) {
  if (typeof wanted === "string" && wanted.length > 2 && wanted.startsWith("/") && wanted.endsWith("/")) {
    return new RegExp(`^(?:${wanted.slice(1, -1)})$`).test(String(value ?? ""));
  }
  return wanted === value;
}

const allMatch = (wanted, item) => Object.entries(wanted).every(([name, value]) => matches(value, item[name]));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, probe) {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) throw new Failed(`not within ${WITHIN_MS} ms: ${what}`);
    await pause(POLL_EVERY_MS);
  }
}

// Does the step and checks what it gives; a patient one only says whether it held.
async function held(step, patient) {
  const result = await done(step);
  const problems = [];
  for (const [name, wanted] of Object.entries(filled(step.expect ?? step.until ?? {}))) {
    if (!matches(wanted, result[name])) problems.push(`${name}: ${wanted} was expected, not ${result[name]}`);
  }
  for (const wanted of filled(step.holds ?? step.until_holds ?? [])) {
    if (!result.some((item) => allMatch(wanted, item))) problems.push(`the list holds no ${JSON.stringify(wanted)}`);
  }
  const count = step.count ?? step.until_count;
  if (count !== undefined && result.length !== count) problems.push(`${count} were expected, not ${result.length}`);
  if (step.distinct !== undefined && new Set(result.map((item) => item[step.distinct])).size !== result.length) {
    problems.push(`${step.distinct} is listed twice`);
  }
  if (problems.length > 0) {
    if (patient) return false;
    throw new Failed(problems.join("; "));
  }
  if (step.as !== undefined) kept[step.as] = result;
  if (step.first_as !== undefined) kept[step.first_as] = result[0];
  if (step.each !== undefined) for (const item of result) await item[step.each.do](step.each.with);
  return true;
}

async function refused(step) {
  const [status, code] = step.refused;
  try {
    await done(step);
  } catch (error) {
    if (error.status === status && error.code === code) return;
    throw new Failed(`${status}/${code} was expected, not ${error.status}/${error.code} ${error.message}`);
  }
  throw new Failed(`not refused: ${status}/${code} was expected`);
}

async function download(step) {
  const path = filled(step.download);
  const secret = Buffer.from(`${account}:${authToken}`).toString("base64");
  const response = await fetch(given["base-url"] + path, { headers: { Authorization: `Basic ${secret}` } });
  const body = Buffer.from(await response.arrayBuffer());
  const kind = response.headers.get("content-type");
  const begins = body.subarray(0, step.begins.length).toString("latin1");
  if (response.status !== 200 || kind !== step.type || begins !== step.begins || body.length < step.at_least) {
    throw new Failed(`${path}: status ${response.status}, ${kind}, ${body.length} bytes that begin with ${begins}`);
  }
}

async function play(step) {
  if (step.wait_s !== undefined) return pause(step.wait_s * 1000);
  if (step.told !== undefined) {
    const wanted = filled(step.with);
    const probe = () => seen.find((hook) => hook.path === step.told && allMatch(wanted, hook.params));
    kept[step.as ?? "told"] = (await until(`${step.told} is told ${JSON.stringify(wanted)}`, probe)).params;
    return undefined;
  }
  if (step.download !== undefined) return download(step);
  if (step.refused !== undefined) return refused(step);
  const patient = [step.until, step.until_holds, step.until_count].some((wanted) => wanted !== undefined);
  return patient ? until(JSON.stringify(step), () => held(step, true)) : held(step, false);
}

// What the library holds against our access tokens, in words; null when all is well.
function tokenDifference() {
  const { AccessToken } = twilio.jwt;
  const cases = [
    [["--incoming"], {}, { incomingAllow: true }],
    [
      ["--incoming", "--outgoing", APPLICATION_SID, "--param", "team=sales & service", "--region", "ie1", "--ttl-s", "86400"],
      { region: "ie1", ttl: 86400 },
      {
        incomingAllow: true,
        outgoingApplicationSid: APPLICATION_SID,
        outgoingApplicationParams: { team: "sales & service" },
      },
    ],
  ];
  for (const [options, tokenOptions, grant] of cases) {
    const command = ["--account", account, "--key", KEY_SID, "--identity", "ana.b-c_1", ...options];
    const ours = execFileSync(given["access-token"], command, { input: `${TOKEN_SECRET}\n` }).toString().trim();
    const theirs = new AccessToken(account, KEY_SID, TOKEN_SECRET, { identity: "ana.b-c_1", ...tokenOptions });
    theirs.addGrant(new AccessToken.VoiceGrant(grant));
    const read = (token) => jsonwebtoken.verify(token, TOKEN_SECRET, { complete: true, algorithms: ["HS256"] });
    const [mine, wanted] = [read(ours), read(theirs.toJwt())];
    const lasts = mine.payload.exp - mine.payload.nbf;
    // Node leaves `nbf` out and writes `iat`; Python the other way round. The time of signing is not compared.
    const shape = ({ header, payload }) => JSON.stringify([header, payload.iss, payload.sub, payload.grants], sorted);
    if (shape(mine) !== shape(wanted)) return `${options}: ${shape(mine)}, the library makes ${shape(wanted)}`;
    if (lasts !== wanted.payload.exp - wanted.payload.iat) return `${options}: lasts ${lasts} s`;
    try {
      jsonwebtoken.verify(ours, `${TOKEN_SECRET}x`);
      return `${options}: good with another secret`;
    } catch {
      // Refused, as it must be.
    }
  }
  return null;
}

// Objects in one order of names, whoever wrote them.
function sorted(_, value) {
  const plain = value !== null && typeof value === "object" && !Array.isArray(value);
  return plain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

let passed = 0;
let failure = null;
for (const scenario of listed.scenarios) {
  const start = Date.now();
  for (const step of scenario.steps) {
    try {
      await play(step);
    } catch (error) {
      failure = `${scenario.name}: ${JSON.stringify(step)}: ${error.message}`;
      break;
    }
  }
  if (failure !== null) {
    console.log(`  FAIL  ${failure}`);
    break;
  }
  console.log(`  ok    ${scenario.name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  passed += 1;
}
const kinds = [...new Set(seen.map((hook) => hook.path))].sort();
if (failure === null && JSON.stringify(kinds) !== JSON.stringify(listed.webhooks)) {
  failure = `webhooks came at ${kinds}, and should at ${listed.webhooks}`;
}
if (failure === null && seen.some((hook) => !hook.valid)) {
  failure = `webhooks that the library refuses: ${seen.filter((hook) => !hook.valid).map((hook) => hook.path)}`;
}
failure ??= tokenDifference();
receiver.close();
const summary = {
  library: `twilio-node ${require("twilio/package.json").version}`,
  scenarios: listed.scenarios.length,
  passed,
  webhooks: seen.length,
  webhooks_valid: seen.filter((hook) => hook.valid).length,
  failure,
};
console.log(JSON.stringify(summary));
process.exit(failure === null ? 0 : 1);
