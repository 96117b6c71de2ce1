package dev.luthier.tokenizer;

import dev.luthier.LuthierException;
import dev.luthier.tokenizer.jinja.Rendered;
import dev.luthier.tokenizer.jinja.Template;
import dev.luthier.tokenizer.jinja.TemplateException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template: turns a conversation into the text that the model was trained on.
 *
 * <p>The template is read once and rendered any number of times, from any number of threads.
 * Rendering equals Jinja2 3.1 in the environment that Hugging Face's {@code apply_chat_template}
 * sets up, byte for byte, and is safe for templates of unknown origin: no reflection, bounded work,
 * bounded output.
 *
 * <pre>{@code
 * ChatTemplate template = ChatTemplate.of("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}");
 * template.render(TemplateInput.of(List.of(Map.of("role", "user", "content", "Hi")))).text(); // <user>Hi
 * }</pre>
 */
public final class ChatTemplate {
  private final Template template;

  private ChatTemplate(Template template) {
    this.template = template;
  }

  /**
   * Reads a template.
   *
   * @param source Jinja2 source, as in {@code chat_template.jinja}
   * @throws TemplateException if it is not a template; the message names the line
   */
  public static ChatTemplate of(String source) {
    return new ChatTemplate(Template.compile(source));
  }

  /**
   * Renders one conversation.
   *
   * <p>Tools and documents that the input lacks are {@code none} for the template, as transformers
   * passes them. A template that cannot take {@code none} there (some {@code tool_use} templates
   * loop over {@code tools} unasked) is rendered with both undefined instead, as plain Jinja2
   * callers do.
   *
   * @return the text and the ranges that {@code {% generation %}} blocks produced
   * @throws TemplateException if the template refuses the conversation or fails; the message names
   *     the line
   */
  public Rendered render(TemplateInput input) {
    Map<String, Object> given = input.variables();
    Map<String, Object> withNone = new HashMap<>(given);
    boolean complete = withNone.containsKey("tools") && withNone.containsKey("documents");
    withNone.computeIfAbsent("tools", k -> Template.NONE);
    withNone.computeIfAbsent("documents", k -> Template.NONE);
    try {
      return template.render(withNone, input.clock());
    } catch (TemplateException e) {
      if (complete || !e.aboutNone()) {
        throw e;
      }
      return template.render(given, input.clock());
    }
  }

  /**
   * Chooses among the templates of one tokenizer. {@code tokenizer_config.json} holds either one
   * template or a list of named ones.
   *
   * @param named template sources by name
   * @param tools whether the conversation comes with tools
   * @return the one named {@code tool_use} if there are tools and it exists, else {@code default}
   * @throws LuthierException if neither is there
   */
  public static String choose(Map<String, String> named, boolean tools) {
    String toolUse = named.get("tool_use");
    if (tools && toolUse != null) {
      return toolUse;
    }
    String standard = named.get("default");
    if (standard != null) {
      return standard;
    }
    throw new LuthierException(
        "chat_template in tokenizer_config.json: expected a template named 'default', found "
            + named.keySet()
            + "; name the template to use, or put it into chat_template.jinja");
  }

  /**
   * The value of {@code chat_template} in {@code tokenizer_config.json} as templates by name: a
   * string is the template {@code default}, a list holds {@code {"name", "template"}} objects.
   *
   * @param value a String or a List of Maps, as a JSON reader gives them
   * @throws LuthierException if it is anything else
   */
  public static Map<String, String> named(Object value) {
    if (value instanceof String s) {
      return Map.of("default", s);
    }
    Map<String, String> result = new LinkedHashMap<>();
    if (value instanceof List<?> list) {
      for (Object entry : list) {
        if (entry instanceof Map<?, ?> m
            && m.get("name") instanceof String name
            && m.get("template") instanceof String source) {
          result.put(name, source);
        } else {
          throw new LuthierException(
              "chat_template in tokenizer_config.json: expected {\"name\", \"template\"} objects in"
                  + " the list, found "
                  + (entry == null ? "null" : entry.getClass().getSimpleName()));
        }
      }
      return result;
    }
    throw new LuthierException(
        "chat_template in tokenizer_config.json: expected a string or a list of templates, found "
            + value.getClass().getSimpleName());
  }
}
