package dev.luthier.export.gotemplate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A template of Go's {@code text/template}, with the option {@code missingkey=zero}.
 *
 * <p>Read once and rendered any number of times, from any number of threads. Safe for templates of
 * unknown origin: work, depth and output are bounded.
 *
 * <pre>{@code
 * GoTemplate.of("{{ range .names }}<{{ . }}>{{ end }}").render(Map.of("names", List.of("a"))); // <a>
 * }</pre>
 */
public final class GoTemplate {
  private final Map<String, List<Node>> templates;
  private final Map<String, GoFunction> functions;

  private GoTemplate(Map<String, List<Node>> templates, Map<String, GoFunction> functions) {
    this.templates = templates;
    this.functions = functions;
  }

  /**
   * Reads a template.
   *
   * @throws GoTemplateException if it is none; the message names the line
   */
  public static GoTemplate of(String source) {
    return of(source, Map.of());
  }

  /** The same with further functions. */
  static GoTemplate of(String source, Map<String, GoFunction> more) {
    Map<String, GoFunction> functions = Functions.predefined();
    functions.putAll(more);
    return new GoTemplate(Parser.templates(Bytes.of(source), functions.keySet()), functions);
  }

  /**
   * Renders it.
   *
   * @param data a Map, List, String, number, Boolean, {@link GoStruct} or null
   * @throws GoTemplateException if an action cannot take what it meets
   */
  public String render(@Nullable Object data) {
    return Bytes.text(new Execution(templates, functions).run("", Bytes.data(data)));
  }

  /** The nodes of the main template. */
  List<Node> root() {
    return templates.getOrDefault("", List.of());
  }

  /** The templates by name. */
  Map<String, List<Node>> templates() {
    return templates;
  }

  /** The same with another main template. */
  GoTemplate with(List<Node> root) {
    Map<String, List<Node>> changed = new HashMap<>(templates);
    changed.put("", new ArrayList<>(root));
    return new GoTemplate(changed, functions);
  }

  /** A text as a constant of Go's templates: {@code "a\n"}. */
  public static String quoted(String text) {
    return Literals.quoted(text);
  }
}
