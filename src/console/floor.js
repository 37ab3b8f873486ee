// The floor, live, and one call's trace. Every URL is relative: the page works wherever it is mounted.

const api = "api/v1/";
const byId = (id) => document.getElementById(id);

// Text only: nothing that a caller or a document says becomes markup.
function make(tag, text = "", className = "") {
  const element = document.createElement(tag);
  if (text !== "") element.textContent = text;
  if (className) element.className = className;
  return element;
}

async function read(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
  return response.json();
}

const clock = (at) => (at ? at.slice(11, 19) : "");
const words = (name) => (name ?? "").replaceAll("_", " ");

function showQueues(queues) {
  byId("queues").replaceChildren(...queues.map((queue) => {
    const item = make("li");
    item.append(make("strong", queue.id), `${queue.waiting} waiting, ${queue.ready} ready`);
    if (!queue.open) item.append(make("span", " closed", "soft"));
    return item;
  }));
}

function showAgents(agents) {
  byId("agents").replaceChildren(...agents.map((agent) => {
    const item = make("li", agent.id, agent.status);
    item.append(make("span", ` ${words(agent.status)}`, "soft"));
    item.title = [...agent.queues, ...agent.skills].join(", ");
    return item;
  }));
}

function showCalls(calls) {
  byId("calls").replaceChildren(...calls.map((call) => {
    const row = make("tr");
    const first = make("td");
    const open = make("a", clock(call.started_at));
    open.href = `#${call.id}`;
    open.title = "Show the trace";
    first.append(open);
    const state = call.state === "ended" ? `ended: ${words(call.reason)}` : words(call.state);
    const waited = call.waited_ms ? `${Math.round(call.waited_ms / 1000)} s` : "";
    row.append(first, ...[call.customer, call.queue ?? "", state, call.agent ?? "", waited].map((t) => make("td", t)));
    return row;
  }));
}

function report(error) {
  byId("link").textContent = error.message;
}

let isStale = false;
let isReading = false;

// One reading at a time; what changes meanwhile is read once more afterwards.
async function refresh() {
  isStale = true;
  if (isReading) return;
  isReading = true;
  try {
    while (isStale) {
      isStale = false;
      const [queues, agents, calls] = await Promise.all(
        ["queues", "agents", "calls?limit=40"].map((path) => read(api + path)),
      );
      showQueues(queues.queues);
      showAgents(agents.agents);
      showCalls(calls.calls);
      await new Promise((done) => setTimeout(done, 400));
    }
  } catch (error) {
    report(error);
  } finally {
    isReading = false;
  }
}

function verdict(considered) {
  const v = considered.verdict;
  return typeof v === "string" ? words(v) : Object.entries(v).map(([k, w]) => `${words(k)} ${w}`).join();
}

function eventStep(event) {
  const { at, seq, event: kind, decision, ...rest } = event;
  const item = make("li", "", "event");
  const told = Object.entries(rest).map(([name, value]) => `${words(name)}: ${value}`).join(", ");
  item.append(make("span", `${at.slice(11, 23)} `, "soft"), make("strong", words(kind)), ` ${told}`);
  if (decision) {
    const who = decision.considered.map((c) => `${c.agent}: ${verdict(c)} (free since ${clock(c.idle_since)})`);
    item.append(make("pre", `decided by ${words(decision.strategy)}\n${who.join("\n")}`));
  }
  return { at, element: item };
}

function exchangeStep(entry, role) {
  const item = make("li", "", entry.kind);
  const title = { document: "webhook, asks what to do", callback: "webhook, tells", command: "command" }[entry.kind];
  item.append(make("span", `${entry.at.slice(11, 23)} `, "soft"), make("strong", `${role}: ${title}`));
  item.append(` ${entry.request} → ${entry.status}`);
  if (entry.kind !== "command") item.append(make("span", ` ${entry.took_ms} ms`, "soft"));
  const more = make("details");
  more.append(make("summary", "parameters"), make("pre", entry.params.map(([n, v]) => `${n} = ${v}`).join("\n")));
  item.append(more);
  if (entry.reply) item.append(make("pre", entry.reply.replaceAll("><", ">\n<")));
  return { at: entry.at, element: item };
}

async function showTrace(id) {
  const call = await read(`${api}calls/${id}`);
  const steps = call.events.map(eventStep);
  for (const leg of call.legs.filter((leg) => leg.sid)) {
    const entries = await read(`sim/calls/${leg.sid}/trace`);
    const role = leg.role === "agent" ? leg.endpoint.replace("client:", "") : "customer";
    steps.push(...entries.map((entry) => exchangeStep(entry, role)));
  }
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  byId("trace-of").textContent = `Call ${call.id}, ${words(call.state)}, began ${call.started_at}`;
  byId("steps").replaceChildren(...steps.map((step) => step.element));
  byId("trace").hidden = false;
  byId("trace").scrollIntoView({ block: "start" });
}

// The call shown is named by the URL's fragment: a trace can be linked to.
function showNamed() {
  const id = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(id)) showTrace(id).catch(report);
}
addEventListener("hashchange", showNamed);
showNamed();

const live = new EventSource(`${api}events`);
live.addEventListener("open", () => { byId("link").textContent = "live"; refresh(); });
live.addEventListener("error", () => { byId("link").textContent = "connection lost, trying again"; });
for (const kind of ["event", "changed", "reset"]) live.addEventListener(kind, refresh);
