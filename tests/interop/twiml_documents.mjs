// Documents of Twilio's official Node library: every verb and noun, with every attribute and every word of its types.
//
// Nothing is listed here: the methods, attributes and lists of words are read from the library's own declarations
// (VoiceResponse.d.ts), and an attribute without a sample value in twiml_samples.json ends the run. One JSON object a
// line: the verb's path and the document.
//
//     NODE_PATH=…/node_modules node tests/interop/twiml_documents.mjs > tests/data/twiml/official_node.jsonl

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";

const require = createRequire(import.meta.url);
const library = path.dirname(require.resolve("twilio/package.json", { paths: [process.env.NODE_PATH ?? "."] }));
const VoiceResponse = require(path.join(library, "lib/twiml/VoiceResponse.js"));
const declared = readFileSync(path.join(library, "lib/twiml/VoiceResponse.d.ts"), "utf8");
const samples = JSON.parse(readFileSync(new URL("twiml_samples.json", import.meta.url), "utf8"));

/** Lists longer than this are put into documents of many verbs, not into a document for each word. */
const FEW = 40;
/** The most verbs in one document; Twilio takes 64 kB. */
const MANY = 500;

const lists = {};
for (const [, name, words] of declared.matchAll(/^ {4}type (\w+) = ([^;]+);/gm)) {
  lists[name] = [...words.matchAll(/"([^"]*)"/g)].map((found) => found[1]);
}

const interfaces = {};
for (const [, name, body] of declared.matchAll(/^ {4}export interface (\w+) \{\n(.*?)^ {4}\}/gms)) {
  const fields = [...body.matchAll(/^ {8}"?([\w:-]+)"?\??: ([^;]+);/gm)];
  interfaces[name] = Object.fromEntries(fields.map(([, field, type]) => [field, type]));
}

const classes = { VoiceResponse: methods(declared.split("declare namespace")[0]) };
for (const [, name, body] of declared.matchAll(/^ {4}export class (\w+) extends TwiML \{\n(.*?)^ {4}\}/gms)) {
  classes[name] = methods(body);
}

/** The methods that make a child: its class, its attributes' interface, and whether it takes and needs a text. */
function methods(body) {
  const found = {};
  // Of two forms of a method the last one has both attributes and text.
  for (const [, name, parameters, child] of body.matchAll(/^ +(\w+)\((.*)\): VoiceResponse\.(\w+);/gm)) {
    const attributes = parameters.match(/attributes\??: (?:VoiceResponse\.)?(\w+)/)?.[1];
    const text = parameters.match(/(?:^|, )(?!attributes)(\w+)(\??): string/);
    found[name] = { child, attributes: interfaces[attributes] ?? {}, text: Boolean(text), needsText: text?.[2] === "" };
  }
  return found;
}

/** The element that a method of a class makes. */
const names = {};
for (const [parent, made] of Object.entries(classes)) {
  for (const method of Object.keys(made)) {
    names[`${parent}.${method}`] = call(instance(parent), parent, method, {}, "x")._getXml().name;
  }
}

function instance(name) {
  const response = new VoiceResponse();
  return name === "VoiceResponse" ? response : new VoiceResponse[name](response.response.ele(name));
}

function call(node, parent, method, attributes, text) {
  const { text: takes } = classes[parent][method];
  return takes && text !== undefined ? node[method](attributes, text) : node[method](attributes);
}

function sample(table, element, name) {
  const value = name === undefined ? table[element] : (table[`${element}@${name}`] ?? table[name]);
  if (value === undefined) {
    console.error(`no sample for ${element}${name === undefined ? "" : `@${name}`}`);
    process.exit(1);
  }
  return value;
}

/** Adds a child with these attributes, and with its text if it has one. */
function add(node, parent, method, given, withText) {
  const element = names[`${parent}.${method}`];
  const { child, text, needsText } = classes[parent][method];
  const attributes = {};
  for (const [name, value] of Object.entries(given)) attributes[name] = value ?? sample(samples.attributes, element, name);
  const words = text && (withText || needsText) ? sample(samples.texts, element) : undefined;
  return [call(node, parent, method, attributes, words), child];
}

const asked = (list) => Object.fromEntries((list ?? []).map((name) => [name, undefined]));

/** The method of a class that makes this element. */
function maker(parent, element) {
  return Object.keys(classes[parent]).find((method) => names[`${parent}.${method}`] === element);
}

function elements(steps) {
  return steps.map(([parent, method]) => names[`${parent}.${method}`]);
}

function emit(steps, attributes, withText) {
  const response = new VoiceResponse();
  const path = elements(steps);
  let node = response;
  for (const [at, [parent, method]] of steps.slice(0, -1).entries()) {
    const link = `${path[at]}>${path[at + 1]}`;
    const above = { ...asked(samples.needs[path[at]]), ...samples.above[link] };
    const [made, own] = add(node, parent, method, above, false);
    node = made;
    const before = samples.before[link];
    if (before) add(node, own, maker(own, before), asked(samples.needs[before]), true);
  }
  const [parent, method] = steps.at(-1);
  const [made, own] = add(node, parent, method, attributes, withText);
  const child = samples.child[path.at(-1)];
  if (child) add(made, own, maker(own, child), asked(samples.needs[child]), true);
  print(path, response);
}

function print(path, response) {
  console.log(JSON.stringify({ verb: path.join(">"), xml: response.toString() }));
}

const seen = new Set();

/** A document for each word that an attribute takes besides its sample, once for each attribute. */
function emitWords(steps) {
  const [parent, method] = steps.at(-1);
  const element = elements(steps).at(-1);
  for (const [name, type] of Object.entries(classes[parent][method].attributes)) {
    const words = lists[type.replace("[]", "")] ?? [];
    if (seen.has(`${element}@${name}`)) continue;
    seen.add(`${element}@${name}`);
    if (words.length > FEW) {
      for (let from = 0; from < words.length; from += MANY) emitMany(steps, name, words.slice(from, from + MANY));
      continue;
    }
    for (const word of words) {
      const needs = asked(samples.needs[element]);
      emit(steps, { ...needs, ...samples.together[`${element}@${name}`], [name]: word }, true);
    }
  }
}

/** One document with a verb for each word. */
function emitMany(steps, name, words) {
  const response = new VoiceResponse();
  const [first, ...rest] = steps;
  for (const word of words) {
    let [node, own] = add(response, first[0], first[1], rest.length ? {} : { [name]: word }, true);
    for (const [at, [parent, method]] of rest.entries()) {
      [node, own] = add(node, parent, method, at === rest.length - 1 ? { [name]: word } : {}, true);
    }
  }
  print(elements(steps), response);
}

function walk(steps, name) {
  for (const [method, { child, attributes }] of Object.entries(classes[name])) {
    const here = [...steps, [name, method]];
    const path = elements(here);
    const apart = samples.apart[path.slice(-2).join(">")] ?? samples.apart[path.at(-1)] ?? [[]];
    for (const without of apart) {
      const all = Object.keys(attributes).filter((one) => !without.includes(one));
      emit(here, asked(all), !without.includes("text"));
    }
    emitWords(here);
    // The elements in a Say can stand in one another without end: one in one is enough, and only in a Say by itself.
    if (!path.includes("Say") || (path[0] === "Say" && path.length < 3)) walk(here, child);
  }
}

// Words are tried where an attribute is met first. A Stream takes more of them in a Start than in a Connect, and a Say by
// itself makes shorter documents than one in a Gather.
const { connect, say, ...others } = classes.VoiceResponse;
classes.VoiceResponse = { say, ...others, connect };
walk([], "VoiceResponse");
