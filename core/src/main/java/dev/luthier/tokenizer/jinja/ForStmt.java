package dev.luthier.tokenizer.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A loop.
 *
 * @param target what each element is assigned to
 * @param elements what is looped over
 * @param filter only elements for which this is true are visited, or counted
 * @param recursive whether {@code loop(...)} may run the body again over other elements
 * @param body run for each element
 * @param otherwise run if no iteration came to the body's end, which is how Jinja2 sees "no
 *     element"
 * @param frame names of the body
 * @param otherwiseFrame names of the else part
 * @param usesLoop whether the body mentions {@code loop}
 * @param line line of the template
 */
record ForStmt(
    Stmts.Target target,
    Expr elements,
    Optional<Expr> filter,
    boolean recursive,
    List<Stmt> body,
    List<Stmt> otherwise,
    Frame frame,
    Frame otherwiseFrame,
    boolean usesLoop,
    int line)
    implements Stmt {

  @Override
  public Flow exec(Env env, Scope scope) {
    try {
      env.step();
      Object over = elements.eval(env, scope);
      if (recursive) {
        env.write(again(env, scope, over, 0));
        return Flow.NEXT;
      }
      return run(env, scope, over, 0);
    } catch (Fault e) {
      throw e.at(line);
    }
  }

  /** Runs the loop over other elements and returns what it writes. */
  String again(Env env, Scope scope, Object over, int depth) {
    env.enterCall();
    String text = env.capture(() -> run(env, scope, over, depth));
    env.leaveCall();
    return text;
  }

  private Flow run(Env env, Scope scope, Object over, int depth) {
    Iterator<Object> items = Iteration.of(env, over);
    int size = Iteration.lengthOrNone(env, over);
    if (filter.isPresent()) {
      items = new Filtered(env, scope, items, filter.get());
      size = -1;
    }
    if (usesLoop || recursive) {
      env.object(0);
    }
    Loop loop = usesLoop || recursive ? new Loop(env, this, scope, items, size, depth) : null;
    boolean completed = iterate(env, scope, items, loop);
    return completed ? Flow.NEXT : Stmt.all(otherwise, env, otherwiseFrame.open(scope));
  }

  private boolean iterate(Env env, Scope scope, Iterator<Object> items, @Nullable Loop loop) {
    boolean completed = false;
    while (loop == null ? items.hasNext() : loop.advance()) {
      env.step();
      Scope inner = frame.open(scope);
      target.assign(env, inner, loop == null ? items.next() : loop.current());
      if (loop != null) {
        inner.set("loop", loop);
      }
      Flow flow = Stmt.all(body, env, inner);
      if (flow == Flow.BREAK) {
        break;
      }
      completed |= flow == Flow.NEXT;
    }
    return completed;
  }

  /** Elements for which the loop's condition holds, found one by one. */
  private final class Filtered implements Iterator<Object> {
    private final Env env;
    private final Scope scope;
    private final Iterator<Object> all;
    private final Expr condition;
    private @Nullable Object ahead;

    Filtered(Env env, Scope scope, Iterator<Object> all, Expr condition) {
      this.env = env;
      this.scope = scope;
      this.all = all;
      this.condition = condition;
    }

    @Override
    public boolean hasNext() {
      while (ahead == null && all.hasNext()) {
        env.step();
        Object item = all.next();
        Scope inner = new Scope(scope);
        target.assign(env, inner, item);
        if (Truth.of(condition.eval(env, inner))) {
          ahead = item;
        }
      }
      return ahead != null;
    }

    @Override
    public Object next() {
      if (!hasNext() || ahead == null) {
        throw new NoSuchElementException();
      }
      Object item = ahead;
      ahead = null;
      return item;
    }
  }
}
