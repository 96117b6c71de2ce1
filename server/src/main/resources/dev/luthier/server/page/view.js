/** Turns and tokens on the page. All that comes from models and people is set as text, never as HTML. */

const percent = logprob => {
  const p = Math.exp(logprob) * 100;
  return p >= 99.95 ? "100 %" : p >= 0.1 ? `${p.toFixed(1)} %` : "< 0.1 %";
};

/** A token as one can see it: spaces and line ends have signs of their own. */
const visible = token => token.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\t", "⇥") || "(nothing)";

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A stretch of text and the tokens that wrote it. */
function span(stretch) {
  const made = element("span", stretch.tokens.length ? "tok" : "", stretch.text);
  if (stretch.tokens.length) {
    made.stretch = stretch;
    const p = Math.exp(Math.min(...stretch.tokens.map(t => t.logprob)));
    made.style.setProperty("--surprise", `${Math.round((1 - p) * 65)}%`);
  }
  return made;
}

/** Adds what has come since to an answer's text. */
export function grow(article, turn) {
  const text = article.querySelector(".text");
  const spans = turn.spans ?? [{ text: turn.content, tokens: [] }];
  for (let i = text.childElementCount; i < spans.length; i++) text.append(span(spans[i]));
}

const ENDS = {
  length: "cut off: the token limit or the context is reached",
  stopped: "stopped",
};

function foot(turn, actions) {
  const made = element("div", "foot");
  if (turn.tokens) {
    const speed = turn.tokens > 1 && turn.seconds > 0 ? ` · ${((turn.tokens - 1) / turn.seconds).toFixed(0)} tokens/s` : "";
    const first = turn.first === undefined ? "" : ` · first after ${Math.round(turn.first * 1000)} ms`;
    made.append(element("span", "", `${turn.tokens} ${turn.tokens === 1 ? "token" : "tokens"}${speed}${first}`));
  }
  if (ENDS[turn.finish]) made.append(element("span", "", ENDS[turn.finish]));
  for (const [name, act] of actions) {
    const button = element("button", "quiet", name);
    button.type = "button";
    button.addEventListener("click", () => act(button));
    made.append(button);
  }
  return made;
}

/** A turn, with buttons that do the actions. */
export function article(turn, actions) {
  const made = element("article", `turn ${turn.role}${turn.busy ? " busy" : ""}`);
  if (turn.role === "assistant") made.append(element("div", "who", turn.model));
  const text = element("div", "text");
  made.append(text);
  if (turn.role === "user") {
    text.textContent = turn.content;
    return made;
  }
  if (turn.content) {
    text.tabIndex = 0;
    text.setAttribute("role", "group");
    text.setAttribute("aria-label", `Answer of ${turn.model}; arrow keys walk through its tokens`);
  }
  grow(made, turn);
  made.setAttribute("aria-busy", String(Boolean(turn.busy)));
  if (turn.error) {
    const failure = element("div", "failure", turn.error);
    failure.setAttribute("role", "alert");
    made.append(failure);
  }
  if (!turn.busy) made.append(foot(turn, actions));
  return made;
}

export function empty() {
  const made = element("div", "empty");
  const inner = element("div");
  inner.append(element("strong", "", "Nothing said yet"));
  inner.append("What you say goes to the model as it was trained to read it.");
  made.append(inner);
  return made;
}

const tip = document.querySelector("#tip");
let shown; // the span that the tip is about

function row(token, chosen) {
  const made = element("tr", chosen ? "chosen" : "");
  made.append(element("td", "", visible(token.token)));
  made.append(element("td", "", percent(token.logprob)));
  made.append(element("td", "", token.logprob.toFixed(2)));
  return made;
}

/** Shows what the tokens of a span were, and what else they could have been. */
function show(over) {
  tip.replaceChildren();
  for (const token of over.stretch.tokens) {
    const table = element("table");
    table.append(element("caption", "", "token, probability, log"));
    const others = token.top ?? [];
    if (!others.some(other => other.token === token.token)) table.append(row(token, true));
    for (const other of others) table.append(row(other, other.token === token.token));
    tip.append(table);
  }
  tip.hidden = false;
  shown = over;
  const at = over.getClientRects()[0] ?? over.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - tip.offsetWidth - 8);
  const below = at.bottom + 6 + tip.offsetHeight < innerHeight;
  tip.style.setProperty("left", `${Math.max(8, left)}px`);
  tip.style.setProperty("top", `${below ? at.bottom + 6 : Math.max(8, at.top - tip.offsetHeight - 6)}px`);
}

export function hideTip() {
  tip.hidden = true;
  for (const at of document.querySelectorAll(".tok.at")) at.classList.remove("at");
}

document.addEventListener("pointerdown", e => {
  if (!e.target.stretch) hideTip();
});

/** Tokens are looked at with the pointer, a finger, or the arrow keys in an answer. */
export function watchTokens(log) {
  log.addEventListener("pointerover", e => {
    hideTip();
    if (e.target.stretch) show(e.target);
  });
  log.addEventListener("pointerleave", e => {
    if (e.pointerType !== "touch") hideTip(); // a finger that is lifted leaves, too
  });
  log.addEventListener("scroll", hideTip);
  log.addEventListener("focusout", e => {
    if (!e.relatedTarget?.contains(shown)) hideTip();
  });
  log.addEventListener("keydown", e => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step || !e.target.matches?.(".text")) return;
    const tokens = [...e.target.querySelectorAll(".tok")];
    const now = tokens.findIndex(t => t.classList.contains("at"));
    const next = tokens[now < 0 ? (step > 0 ? 0 : tokens.length - 1) : Math.min(tokens.length - 1, Math.max(0, now + step))];
    hideTip();
    if (!next) return;
    next.classList.add("at");
    next.scrollIntoView({ block: "nearest" });
    show(next);
    e.preventDefault();
  });
}
