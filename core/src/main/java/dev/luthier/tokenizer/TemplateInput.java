package dev.luthier.tokenizer;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a chat template is given, under the names that Hugging Face uses.
 *
 * <p>Everything is plain JSON: {@code Map}, {@code List}, {@code String}, {@code Boolean}, whole
 * numbers, {@code Double}, and Java's {@code null} for JSON's null. Tools and documents that are
 * not given are {@code none} for the template, as transformers passes them.
 *
 * @param messages the conversation, oldest first; each has at least {@code role}
 * @param tools JSON schemas of the functions that the model may call
 * @param documents documents for retrieval-augmented templates
 * @param addGenerationPrompt whether the text ends where the assistant starts to speak
 * @param specialTokens {@code bos_token}, {@code eos_token}, ... and their text
 * @param extra further variables of the template, such as {@code enable_thinking}
 * @param clock what {@code strftime_now} reads, in the clock's zone
 */
public record TemplateInput(
    List<? extends Map<String, ?>> messages,
    Optional<List<? extends Map<String, ?>>> tools,
    Optional<List<? extends Map<String, ?>>> documents,
    boolean addGenerationPrompt,
    Map<String, String> specialTokens,
    Map<String, ?> extra,
    Clock clock) {

  /**
   * A conversation with nothing else: no tools, no special tokens, the system's clock.
   *
   * @param messages the conversation, oldest first
   */
  public static TemplateInput of(List<? extends Map<String, ?>> messages) {
    return new TemplateInput(
        messages,
        Optional.empty(),
        Optional.empty(),
        false,
        Map.of(),
        Map.of(),
        Clock.systemDefaultZone());
  }

  /** The same with tools. */
  public TemplateInput withTools(List<? extends Map<String, ?>> newTools) {
    return new TemplateInput(
        messages,
        Optional.of(newTools),
        documents,
        addGenerationPrompt,
        specialTokens,
        extra,
        clock);
  }

  /** The same with documents. */
  public TemplateInput withDocuments(List<? extends Map<String, ?>> newDocuments) {
    return new TemplateInput(
        messages,
        tools,
        Optional.of(newDocuments),
        addGenerationPrompt,
        specialTokens,
        extra,
        clock);
  }

  /** The same, ending where the assistant starts to speak if {@code add}. */
  public TemplateInput withGenerationPrompt(boolean add) {
    return new TemplateInput(messages, tools, documents, add, specialTokens, extra, clock);
  }

  /**
   * The same with the tokenizer's special tokens.
   *
   * @param tokens {@code bos_token}, {@code eos_token}, ... and their text
   */
  public TemplateInput withSpecialTokens(Map<String, String> tokens) {
    return new TemplateInput(messages, tools, documents, addGenerationPrompt, tokens, extra, clock);
  }

  /** The same with further variables, which win over all others of the same name. */
  public TemplateInput withExtra(Map<String, ?> variables) {
    return new TemplateInput(
        messages, tools, documents, addGenerationPrompt, specialTokens, variables, clock);
  }

  /** The same with another clock for {@code strftime_now}. */
  public TemplateInput withClock(Clock newClock) {
    return new TemplateInput(
        messages, tools, documents, addGenerationPrompt, specialTokens, extra, newClock);
  }

  /** All variables by name; {@code tools} and {@code documents} only where given. */
  Map<String, Object> variables() {
    Map<String, Object> all = new HashMap<>(specialTokens);
    all.put("messages", messages);
    all.put("add_generation_prompt", addGenerationPrompt);
    tools.ifPresent(t -> all.put("tools", t));
    documents.ifPresent(d -> all.put("documents", d));
    all.putAll(extra);
    return all;
  }
}
