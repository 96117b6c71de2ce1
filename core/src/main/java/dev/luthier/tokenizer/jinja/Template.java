package dev.luthier.tokenizer.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/**
 * A Jinja2 template, read once and rendered any number of times, from any number of threads.
 *
 * <p>Equal to Jinja2 3.1 in the environment that Hugging Face uses: {@code trim_blocks}, {@code
 * lstrip_blocks}, the immutable sandbox, {@code break} and {@code continue}, {@code {% generation
 * %}}, {@code raise_exception}, {@code strftime_now}, and {@code tojson} as {@code json.dumps}
 * without HTML escapes. Templates reach only the values given and explicit tables of functions,
 * filters, tests and methods; {@link Limits} bounds their work.
 */
public final class Template {
  /** JSON's null, for callers that cannot put Java's null into a map. */
  public static final Object NONE = None.NONE;

  private static final int MAX_SOURCE = 1 << 20;

  static {
    // A class whose tables first come up where the stack ends would stay broken for good.
    boolean ready = Filters.exists("trim") && Tests.exists("in") && !Globals.TABLE.isEmpty();
    if (!ready || Methods.find("", "strip") == null || Methods.find(new Dict(), "get") == null) {
      throw new IllegalStateException("tables of the template engine are empty");
    }
  }

  private final Parser.Parsed parsed;
  private final Limits limits;

  private Template(Parser.Parsed parsed, Limits limits) {
    this.parsed = parsed;
    this.limits = limits;
  }

  /**
   * Reads a template.
   *
   * @throws TemplateException if it is not a template; the message names the line
   */
  public static Template compile(String source) {
    return compile(source, Limits.DEFAULT);
  }

  /**
   * Reads a template.
   *
   * @param limits how much work each rendering may do
   * @throws TemplateException if it is not a template; the message names the line
   */
  public static Template compile(String source, Limits limits) {
    try {
      if (source.length() > MAX_SOURCE) {
        throw Fault.limit("a template of more than " + MAX_SOURCE + " characters");
      }
      return new Template(Parser.parse(source), limits);
    } catch (Fault e) {
      throw new TemplateException(e);
    } catch (StackOverflowError e) {
      throw new TemplateException(tooDeep());
    }
  }

  /**
   * Renders the template.
   *
   * @param variables JSON-like values by name; Java's null and {@link #NONE} are both {@code none}
   * @param clock what {@code strftime_now} reads
   * @throws TemplateException if the template fails; the message names the line
   */
  public Rendered render(Map<String, ?> variables, Clock clock) {
    try {
      Map<String, Object> converted = new HashMap<>();
      Env env = new Env(converted, clock, limits);
      variables.forEach((name, value) -> converted.put(name, Values.of(env, value)));
      Stmt.all(parsed.body(), env, parsed.frame().begin(env.root));
      return env.result();
    } catch (Fault e) {
      throw new TemplateException(e);
    } catch (StackOverflowError e) {
      throw new TemplateException(tooDeep());
    }
  }

  /** The parser bounds what one level may hold; levels inside levels can still fill the stack. */
  private static Fault tooDeep() {
    return Fault.limit("expressions, statements and macros nested too deep together");
  }
}
