/** What the page remembers, and how it is exported. */

const NAME = "luthier";
const KEY = "luthier.key";

/** A number field of the settings, by the name that requests give it. */
export const NUMBERS = ["temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_tokens", "seed"];

const fresh = () => ({
  system: "",
  settings: {},
  tint: false,
  compare: false,
  settingsOpen: false,
  draft: "",
  panes: [{ model: "", turns: [] }, { model: "", turns: [] }],
});

export function load() {
  try {
    const found = JSON.parse(localStorage.getItem(NAME));
    if (found?.panes?.length === 2) {
      // An answer that a reload cut off will not go on.
      for (const turn of found.panes.flatMap(pane => pane.turns)) {
        if (turn.busy) Object.assign(turn, { busy: false, finish: "stopped" });
      }
      return { ...fresh(), ...found };
    }
  } catch {
    // what is stored is not ours or is damaged; begin anew
  }
  return fresh();
}

export function save(state) {
  try {
    localStorage.setItem(NAME, JSON.stringify(state));
  } catch {
    // No room: the tokens' probabilities are most of it, and the conversation goes on without.
    for (const turn of state.panes.flatMap(pane => pane.turns)) delete turn.spans;
    try {
      localStorage.setItem(NAME, JSON.stringify(state));
    } catch {
      localStorage.removeItem(NAME);
    }
  }
}

export const key = () => sessionStorage.getItem(KEY) ?? "";
export const setKey = value => sessionStorage.setItem(KEY, value);

/** The conversation of a pane, as the server takes it. */
export function messages(state, pane) {
  const system = state.system.trim() ? [{ role: "system", content: state.system }] : [];
  const turns = pane.turns.filter(turn => !turn.error && !turn.busy);
  return [...system, ...turns.map(({ role, content }) => ({ role, content }))];
}

const shown = state => state.panes.slice(0, state.compare ? 2 : 1);

/** Conversations whose messages are rows to train on. */
export function asJson(state) {
  const conversations = shown(state).map(pane => ({
    model: pane.model,
    messages: messages(state, pane),
  }));
  return JSON.stringify({ settings: state.settings, conversations }, null, 2) + "\n";
}

export function asMarkdown(state) {
  const parts = shown(state).map(pane => {
    const turns = messages(state, pane).map(({ role, content }) => `**${role}**\n\n${content}\n`);
    return [`# ${pane.model}\n`, ...turns].join("\n");
  });
  return parts.join("\n---\n\n");
}
