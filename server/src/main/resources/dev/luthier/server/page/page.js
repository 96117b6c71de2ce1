/** The page to talk with a model on. */

import { chat, models } from "./api.js";
import { NUMBERS, asJson, asMarkdown, key, load, messages, save, setKey } from "./store.js";
import { article, element, empty, grow, hideTip, watchTokens } from "./view.js";

const ALTERNATIVES = 5;
const one = css => document.querySelector(css);
const state = load();
const panes = [...document.querySelectorAll(".pane")].map((root, i) => ({
  root,
  log: root.querySelector(".log"),
  model: root.querySelector(".model"),
  stored: state.panes[i],
}));
let running = [];

const visible = () => panes.slice(0, state.compare ? 2 : 1);
const say = text => { one("#status").textContent = text; };
let saving = 0;
const saveSoon = () => { saving ||= setTimeout(() => { saving = 0; save(state); }, 500); };

// Models

async function listModels() {
  try {
    const all = await models(key());
    const names = all.map(m => m.id).join("\n");
    panes.forEach((pane, i) => {
      const known = all.some(m => m.id === pane.stored.model);
      if (!known) pane.stored.model = all[Math.min(i, all.length - 1)]?.id ?? "";
      if (pane.names === names && known) return; // a list that is open stays so
      pane.names = names;
      pane.model.replaceChildren(...all.map(m => {
        const option = element("option", "", m.parent ? `${m.id} (adapter of ${m.parent})` : m.id);
        option.value = m.id;
        return option;
      }));
      pane.model.value = pane.stored.model;
    });
    return true;
  } catch (e) {
    if (e.status === 401) askForKey();
    say(e.message);
    return false;
  }
}

function askForKey() {
  settings(true);
  one("#key").placeholder = "this server needs one";
  one("#key").focus();
}

// Turns

function actions(pane, turn) {
  const all = [];
  if (turn.content) {
    all.push(["Copy", async button => {
      await navigator.clipboard.writeText(turn.content);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    }]);
  }
  if (turn === pane.stored.turns.at(-1) && !running.length) {
    all.push(["Try again", () => {
      pane.stored.turns.pop();
      run([pane]);
    }]);
  }
  return all;
}

const atEnd = log => log.scrollHeight - log.scrollTop - log.clientHeight < 60;

function draw(pane) {
  const turns = pane.stored.turns.map(turn => article(turn, actions(pane, turn)));
  const follow = atEnd(pane.log) || pane.stored.turns.at(-1)?.busy;
  const top = pane.log.scrollTop;
  pane.log.replaceChildren(...(turns.length ? turns : [empty()]));
  pane.log.scrollTop = follow ? pane.log.scrollHeight : top;
}

function drawAll() {
  one("body").classList.toggle("single", !state.compare);
  one("body").classList.toggle("tint", state.tint);
  one("#compare").setAttribute("aria-pressed", String(state.compare));
  panes[1].root.hidden = !state.compare;
  visible().forEach(draw);
  one("#send").hidden = running.length > 0;
  one("#stop").hidden = running.length === 0;
}

/** What a chunk adds. Text that was held back belongs to the tokens before it, too. */
function take(turn, chunk, waiting) {
  const choice = chunk.choices[0];
  if (chunk.usage) turn.tokens = chunk.usage.completion_tokens;
  if (!choice) return;
  for (const { token, logprob, top_logprobs } of choice.logprobs?.content ?? []) {
    const top = top_logprobs.map(t => ({ token: t.token, logprob: t.logprob }));
    waiting.push({ token, logprob, top });
    turn.tokens = (turn.tokens ?? 0) + 1;
  }
  const text = choice.delta.content ?? "";
  if (text) {
    turn.content += text;
    turn.spans.push({ text, tokens: waiting.splice(0) });
  }
  turn.finish = choice.finish_reason ?? turn.finish;
}

function request(pane) {
  const asked = { model: pane.stored.model, messages: messages(state, pane.stored) };
  const { stop, ...numbers } = state.settings;
  return { ...asked, ...numbers, ...(stop ? { stop } : {}), logprobs: true, top_logprobs: ALTERNATIVES };
}

async function answer(pane, abort) {
  const asked = request(pane);
  const turn = { role: "assistant", model: pane.stored.model, content: "", spans: [], busy: true };
  pane.stored.turns.push(turn);
  draw(pane);
  const shown = pane.log.lastElementChild;
  const start = performance.now();
  const waiting = [];
  let first;
  try {
    for await (const chunk of chat(asked, key(), abort.signal)) {
      first ??= performance.now();
      take(turn, chunk, waiting);
      const follow = atEnd(pane.log);
      grow(shown, turn);
      if (follow) pane.log.scrollTop = pane.log.scrollHeight;
      saveSoon();
    }
  } catch (e) {
    if (abort.signal.aborted) {
      turn.finish = "stopped";
    } else {
      turn.error = e.message;
      if (e.status === 401) askForKey();
      if (e.code === "model_not_found") listModels();
    }
  }
  turn.busy = false;
  if (first) {
    turn.first = (first - start) / 1000;
    turn.seconds = (performance.now() - first) / 1000;
  }
  say(turn.error ?? `${turn.model}: ${turn.finish === "stopped" ? "stopped" : "the answer is complete"}`);
}

/** Lets panes answer, all at the same time. */
async function run(which) {
  running = which.map(() => new AbortController());
  drawAll();
  say(`${which.map(pane => pane.stored.model).join(" and ")} answering`);
  await Promise.all(which.map((pane, i) => answer(pane, running[i])));
  running = [];
  drawAll();
  save(state);
}

function stop() {
  running.forEach(abort => abort.abort());
}

function send() {
  const prompt = one("#prompt");
  if (!prompt.value.trim() || running.length) return;
  for (const pane of visible()) {
    if (pane.stored.turns.at(-1)?.error) pane.stored.turns.splice(-2);
    pane.stored.turns.push({ role: "user", content: prompt.value });
  }
  prompt.value = "";
  state.draft = "";
  fit(prompt);
  run(visible());
}

function fit(area) {
  area.style.setProperty("height", "auto");
  area.style.setProperty("height", `${area.scrollHeight + 2}px`);
}

// Settings and the bar

function settings(open) {
  state.settingsOpen = open;
  one("#settings").hidden = !open;
  one("#open-settings").setAttribute("aria-expanded", String(open));
  save(state);
}

function closeSettings() {
  settings(false);
  one("#open-settings").focus();
}

function readSettings() {
  state.system = one("#system").value;
  state.tint = one("#tint").checked;
  state.settings = {};
  for (const name of NUMBERS) {
    const field = one(`#${name}`);
    if (field.value !== "" && field.checkValidity()) state.settings[name] = Number(field.value);
  }
  if (one("#stop-at").value) state.settings.stop = one("#stop-at").value;
  one("body").classList.toggle("tint", state.tint);
  saveSoon();
}

function fillSettings() {
  one("#system").value = state.system;
  one("#tint").checked = state.tint;
  for (const name of NUMBERS) one(`#${name}`).value = state.settings[name] ?? "";
  one("#stop-at").value = state.settings.stop ?? "";
  one("#key").value = key();
}

function download(name, type, text) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  one("#export").open = false;
}

// Events

one("#composer").addEventListener("submit", e => {
  e.preventDefault();
  send();
});
one("#stop").addEventListener("click", () => {
  stop();
  one("#prompt").focus();
});
one("#prompt").addEventListener("keydown", e => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    send();
  }
});
one("#prompt").addEventListener("input", e => {
  state.draft = e.target.value;
  fit(e.target);
  saveSoon();
});
addEventListener("keydown", e => {
  if (e.key !== "Escape") return;
  hideTip();
  if (running.length) stop();
  else if (one("#export").open) one("#export").open = false;
  else if (state.settingsOpen) closeSettings();
});
addEventListener("click", e => {
  if (!e.target.closest("#export")) one("#export").open = false;
});
one("#new").addEventListener("click", () => {
  stop();
  for (const pane of panes) pane.stored.turns = [];
  drawAll();
  save(state);
  one("#prompt").focus();
});
one("#compare").addEventListener("click", () => {
  if (running.length) return;
  state.compare = !state.compare;
  // Both go on from the same conversation.
  if (state.compare) {
    panes[1].stored.turns = structuredClone(panes[0].stored.turns);
    const [first, second] = panes.map(pane => pane.stored.model);
    const other = [...panes[1].model.options].find(option => option.value !== first);
    if (first === second && other) panes[1].stored.model = panes[1].model.value = other.value;
  }
  drawAll();
  save(state);
});
one("#open-settings").addEventListener("click", () => {
  settings(!state.settingsOpen);
  if (state.settingsOpen) one("#system").focus();
});
one("#close-settings").addEventListener("click", closeSettings);
one("#fields").addEventListener("submit", e => e.preventDefault());
one("#fields").addEventListener("input", e => {
  if (e.target.id === "key") setKey(e.target.value.trim());
  else readSettings();
});
one("#key").addEventListener("change", listModels);
one("#export-json").addEventListener("click", () => download("conversation.json", "application/json", asJson(state)));
one("#export-markdown").addEventListener("click", () => download("conversation.md", "text/markdown", asMarkdown(state)));
for (const pane of panes) {
  watchTokens(pane.log);
  pane.model.addEventListener("change", () => {
    pane.stored.model = pane.model.value;
    save(state);
  });
  pane.model.addEventListener("focus", listModels);
}
addEventListener("pagehide", () => save(state));

fillSettings();
one("#prompt").value = state.draft;
fit(one("#prompt"));
settings(state.settingsOpen);
drawAll();
listModels().then(found => {
  if (found) one("#prompt").focus();
});
