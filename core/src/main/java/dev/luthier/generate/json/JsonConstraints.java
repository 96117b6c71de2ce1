package dev.luthier.generate.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Keeps what a model writes to a form: JSON, JSON of a schema, a regular expression, one of several
 * texts. One object for each tokenizer, which has the vocabulary as a tree; the forms asked for
 * last are remembered with the masks that were made for them. For any number of threads.
 *
 * <pre>{@code
 * JsonConstraints constraints = new JsonConstraints(tokenizer, defaults.stopIds());
 * new EngineRequest(prompt, settings, Optional.empty(), -1, Optional.of(constraints.schema(schema)));
 * }</pre>
 */
public final class JsonConstraints {
  private static final int REMEMBERED = 16;

  private final TokenTrie trie;
  private final Set<Integer> stopIds;
  private final Tokenizer tokenizer;

  @SuppressWarnings("serial")
  private final Map<Object, Automaton> automata =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Automaton> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param stopIds ids that end a text
   * @throws LuthierException if there are none, or if the tokens do not spell a text one after the
   *     other
   */
  public JsonConstraints(Tokenizer tokenizer, Set<Integer> stopIds) {
    if (stopIds.isEmpty()) {
      throw new LuthierException(
          "the model has no token that ends a text, so that a text of a given form could not end;"
              + " name one as eos_token_id in generation_config.json");
    }
    this.tokenizer = tokenizer;
    this.stopIds = Set.copyOf(stopIds);
    Set<Integer> left = new HashSet<>(tokenizer.addedIds());
    left.addAll(stopIds);
    this.trie = new TokenTrie(tokenizer.bytes(), left);
  }

  /** Any JSON object. */
  public TokenConstraint object() {
    return of("object", JsonSchema::anyObject);
  }

  /**
   * JSON of a schema.
   *
   * @throws LuthierException naming by its JSON pointer what the schema has that cannot be kept to
   */
  public TokenConstraint schema(JsonNode schema) {
    return of(schema, () -> JsonSchema.grammar(schema));
  }

  /**
   * A text that the expression matches as a whole.
   *
   * @throws LuthierException if it is none, or has what no finite automaton can do
   */
  public TokenConstraint regex(String regex) {
    return of(List.of("regex", regex), () -> Regex.ofText(regex));
  }

  /**
   * One of several texts.
   *
   * @throws LuthierException if there are none
   */
  public TokenConstraint choice(List<String> texts) {
    if (texts.isEmpty() || texts.contains("")) {
      throw new LuthierException("expected a list of texts to choose from, none of them empty");
    }
    return of(
        List.of("choice", texts), () -> Grammar.either(texts.stream().map(Grammar::text).toList()));
  }

  /**
   * A grammar's texts.
   *
   * @param key equal for equal grammars, so that the work is done once
   * @param grammar asked for where it is not remembered
   */
  public TokenConstraint of(Object key, Supplier<Grammar> grammar) {
    Automaton automaton;
    synchronized (automata) {
      automaton = automata.get(key);
      if (automaton == null) {
        automaton = new Automaton(grammar.get());
        automata.put(key, automaton);
      }
    }
    automaton.start().mask(trie); // here, not where texts are written
    return new GrammarConstraint(automaton, trie, stopIds);
  }

  /** A marker: the added token of this name if the tokenizer has it, else its text. */
  public Grammar marker(String text) {
    OptionalInt id = tokenizer.idOf(text);
    return id.isPresent() && tokenizer.addedIds().contains(id.getAsInt())
        ? Grammar.token(id.getAsInt())
        : Grammar.text(text);
  }
}
