package dev.luthier.server;

import dev.luthier.generate.ModelLanguage;
import dev.luthier.generate.json.JsonConstraints;
import dev.luthier.generate.tools.ToolCalls;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is made of a language once, for all requests: tokens as texts, and forms that an answer can
 * be kept to, which take a tree of the whole vocabulary and are made when first asked for.
 */
final class Speech {
  private final ModelLanguage language;
  private final TokenTexts texts;
  private Optional<Forms> forms = Optional.empty();

  private Speech(ModelLanguage language) {
    this.language = language;
    this.texts = new TokenTexts(language.tokenizer());
  }

  ModelLanguage language() {
    return language;
  }

  TokenTexts texts() {
    return texts;
  }

  /**
   * Forms of answers.
   *
   * @throws dev.luthier.LuthierException if the model's tokens cannot be kept to any
   */
  JsonConstraints constraints() {
    return forms().constraints();
  }

  /** Calls in the way of this model. */
  ToolCalls tools() {
    return forms().tools();
  }

  private record Forms(JsonConstraints constraints, ToolCalls tools) {}

  private synchronized Forms forms() {
    if (forms.isEmpty()) {
      JsonConstraints constraints =
          new JsonConstraints(language.tokenizer(), language.defaults().stopIds());
      forms = Optional.of(new Forms(constraints, ToolCalls.of(language, constraints)));
    }
    return forms.get();
  }

  /** The languages that were spoken last; adapters may bring their own, and go again. */
  static final class Remembered {
    private static final int MOST = 32;

    @SuppressWarnings("serial")
    private final Map<ModelLanguage, Speech> speeches =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<ModelLanguage, Speech> eldest) {
            return size() > MOST;
          }
        };

    synchronized Speech of(ModelLanguage language) {
      return speeches.computeIfAbsent(language, Speech::new);
    }
  }
}
