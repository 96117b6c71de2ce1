package dev.luthier.hub;

import dev.luthier.UsageException;
import java.util.regex.Pattern;

/**
 * A repository of the Hugging Face Hub.
 *
 * @param id {@code org/name}
 */
public record HubRepo(Kind kind, String id) {
  private static final Pattern ID =
      Pattern.compile("[A-Za-z0-9][\\w.-]{0,95}/[A-Za-z0-9_][\\w.-]{0,95}");

  /** What a repository holds. */
  public enum Kind {
    /** A model or an adapter. */
    MODEL("model", "models", ""),
    /** Rows. */
    DATASET("data set", "datasets", "datasets/");

    private final String word;
    private final String plural;
    private final String prefix;

    Kind(String word, String plural, String prefix) {
      this.word = word;
      this.plural = plural;
      this.prefix = prefix;
    }
  }

  /**
   * Checks the id.
   *
   * @throws UsageException if the hub cannot have such a one
   */
  public HubRepo {
    if (!isId(id)) {
      throw new UsageException(
          "'"
              + id
              + "' is no repository of the hub: expected org/name, such as HuggingFaceTB/SmolLM");
    }
  }

  /** Whether the hub could have a repository of this name. */
  static boolean isId(String text) {
    return ID.matcher(text).matches() && !text.contains("--") && !text.contains("..");
  }

  /** For people: {@code model org/name}. */
  String words() {
    return kind.word + " " + id;
  }

  /** The folder in the cache: {@code models--org--name}. */
  public String folder() {
    return kind.plural + "--" + id.replace("/", "--");
  }

  /** The path of its programming interface: {@code /api/models/org/name}. */
  String api() {
    return "/api/" + kind.plural + "/" + id;
  }

  /** The path of its page and its files: {@code /org/name} or {@code /datasets/org/name}. */
  String page() {
    return "/" + kind.prefix + id;
  }
}
