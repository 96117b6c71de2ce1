package dev.luthier.tokenizer.jinja;

import java.util.List;

/** A statement of a template. */
interface Stmt {
  /** Where execution goes after a statement. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Flow exec(Env env, Scope scope);

  /** Runs statements in order until one leaves the loop or its iteration. */
  static Flow all(List<Stmt> body, Env env, Scope scope) {
    Flow flow = Flow.NEXT;
    env.down();
    for (int i = 0; i < body.size() && flow == Flow.NEXT; i++) {
      flow = body.get(i).exec(env, scope);
    }
    env.up();
    return flow;
  }
}
