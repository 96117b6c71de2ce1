package dev.luthier.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model's head is for.
 *
 * @param kind what is predicted
 * @param labels how many labels there are; 0 for a language model
 */
public record Task(Kind kind, int labels) {
  private static final Pattern ARCHITECTURE =
      Pattern.compile("(.+?)(For[A-Z].*|LMHeadModel|DoubleHeadsModel|Model)");

  /** What is predicted. */
  public enum Kind {
    /** Tokens. */
    LANGUAGE("For"),
    /** Labels or numbers of a whole sequence. */
    SEQUENCE("ForSequenceClassification"),
    /** A label of each token. */
    TOKENS("ForTokenClassification");

    private final String suffix;

    Kind(String suffix) {
      this.suffix = suffix;
    }

    /**
     * The {@code architectures} of a model with such a head, from one of any head of its family.
     */
    public String architecture(String other) {
      Matcher m = ARCHITECTURE.matcher(other);
      return (m.matches() ? m.group(1) : other) + suffix;
    }
  }

  /** Tokens. */
  public static final Task LANGUAGE = new Task(Kind.LANGUAGE, 0);

  /** By config.json's {@code architectures} and labels. */
  public static Task of(ObjectNode config) {
    String architecture = config.path("architectures").path(0).asText("");
    for (Kind kind : new Kind[] {Kind.SEQUENCE, Kind.TOKENS}) {
      if (architecture.endsWith(kind.suffix)) {
        return new Task(kind, labels(config));
      }
    }
    return LANGUAGE;
  }

  /** Hugging Face leaves the names out where there are two. */
  private static int labels(ObjectNode config) {
    int named = config.path("id2label").size();
    return named > 0 ? named : config.path("num_labels").asInt(2);
  }

  /** Whether tokens are predicted. */
  public boolean isLanguage() {
    return kind == Kind.LANGUAGE;
  }
}
