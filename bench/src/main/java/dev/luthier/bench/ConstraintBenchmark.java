package dev.luthier.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.luthier.generate.TokenConstraint;
import dev.luthier.generate.json.JsonConstraints;
import dev.luthier.tokenizer.TokenBytes;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What it costs to keep a text to JSON, per token: excluding what cannot follow, and going on by
 * the token. The first text of a form makes its masks; the later ones find them.
 *
 * <pre>
 * java -cp ... dev.luthier.bench.ConstraintBenchmark TOKENIZER_FOLDER...
 * </pre>
 */
public final class ConstraintBenchmark {
  private static final int TEXTS = 20;

  private static final String SCHEMA =
      """
      {"properties": {"name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}},
        "address": {"properties": {"street": {"type": "string"},
          "zip": {"type": "string", "pattern": "^[0-9]{5}$"}}, "required": ["street", "zip"]}},
       "required": ["name", "age", "tags", "address"]}""";

  private static final String DOCUMENT =
      """
      {"name": "Ada Lovelace of London", "age": 36, "tags": ["mathematician", "first programmer", \
      "analytical engine"], "address": {"street": "12 St James's Square, near Piccadilly", \
      "zip": "12345"}}""";

  private ConstraintBenchmark() {}

  /** Prints milliseconds. */
  public static void main(String... folders) throws JsonProcessingException {
    JsonNode schema = new ObjectMapper().readTree(SCHEMA);
    System.out.println(
        "ms                       tokens  vocabulary   tree  first text  median    mean");
    for (String folder : folders) {
      Tokenizer tokenizer = Tokenizer.load(Path.of(folder));
      long start = System.nanoTime();
      JsonConstraints constraints =
          new JsonConstraints(tokenizer, Set.of(tokenizer.eosId().orElseThrow()));
      double tree = millis(start);
      int[] ids = ids(tokenizer);
      print(folder + " schema", tokenizer, tree, ids, () -> constraints.schema(schema));
      print(folder + " object", tokenizer, tree, ids, constraints::object);
    }
  }

  private static void print(
      String name, Tokenizer tokenizer, double tree, int[] ids, Supplier<TokenConstraint> form) {
    double first = Arrays.stream(steps(form, tokenizer, ids)).sum();
    double[] later = new double[TEXTS * ids.length];
    for (int text = 0; text < TEXTS; text++) {
      System.arraycopy(steps(form, tokenizer, ids), 0, later, text * ids.length, ids.length);
    }
    Arrays.sort(later);
    System.out.printf(
        Locale.ROOT,
        "%-24s %6d %,11d %6.0f %11.0f %7.3f %7.3f%n",
        name,
        ids.length,
        tokenizer.vocabSize(),
        tree,
        first,
        later[later.length / 2],
        Arrays.stream(later).average().orElseThrow());
  }

  private static double[] steps(Supplier<TokenConstraint> form, Tokenizer tokenizer, int[] ids) {
    float[] scores = new float[tokenizer.vocabSize()];
    double[] millis = new double[ids.length];
    long start = System.nanoTime();
    TokenConstraint constraint = form.get();
    for (int i = 0; i < ids.length; i++) {
      constraint.restrict(scores);
      constraint.accept(ids[i]);
      millis[i] = millis(start);
      start = System.nanoTime();
    }
    return millis;
  }

  private static double millis(long start) {
    return (System.nanoTime() - start) * 1e-6;
  }

  /** The document's tokens, the first without the space that SentencePiece puts before a text. */
  private static int[] ids(Tokenizer tokenizer) {
    int[] ids = tokenizer.encodeIds(DOCUMENT, false);
    TokenBytes bytes = tokenizer.bytes();
    byte[] first = bytes.of(ids[0]);
    byte[] bare = first[0] == ' ' ? Arrays.copyOfRange(first, 1, first.length) : first;
    for (int id = 0; id < bytes.size(); id++) {
      if (Arrays.equals(bytes.of(id), bare) && !tokenizer.addedIds().contains(id)) {
        ids[0] = id;
      }
    }
    return ids;
  }
}
